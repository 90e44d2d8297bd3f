import assert from 'node:assert/strict';
import { BrokenInvariant } from '../../../../src/assertions.js';
import { headerOf, TAIL } from '../../../../src/processors/capture/ring/layout.js';
import { Ring } from './fixture.js';

describe('CheckedRingWriter', () => {
  const settings = { entries: 4, maxBytes: 1024 };

  it('notices a record that is published without being begun', () => {
    const { writer } = new Ring(settings);
    assert.throws(() => writer.publish(0, 0, 0, 0, 0, 0, 0, 1), BrokenInvariant);
  });

  it('notices bytes that were announced and are missing, and pieces that do not add up', () => {
    const { writer } = new Ring(settings);
    writer.begin(1, 8);
    writer.addPiece(8, 0);
    assert.throws(() => writer.publish(0, 0, 0, 0, 0, 0, 8, 1), /other bytes than were announced/);
    writer.begin(1, 8);
    writer.addPiece(7, 0);
    writer.copyBytes(Buffer.alloc(8));
    assert.throws(() => writer.publish(0, 0, 0, 0, 0, 0, 8, 1), /not its bytes/);
  });

  it('notices that readers are not told what is overwritten', () => {
    const ring = new Ring(settings);
    for (let i = 0; i <= settings.entries; i++) ring.writeText('text');
    headerOf(ring.memory)[TAIL] = 0;
    assert.throws(() => ring.writer.publish(0, 0, 0, 0, 0, 0, 0, 1), BrokenInvariant);
    assert.throws(() => ring.writer.begin(0, 2048), BrokenInvariant);
  });
});
