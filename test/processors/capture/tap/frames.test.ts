import assert from 'node:assert/strict';
import { Meter } from '../../../../src/protocols/framing/meter.js';
import { GrpcFramer } from '../../../../src/protocols/grpc/framing/framer.js';
import * as wire from '../../../protocols/grpc/wire.js';
import { limitOf, Tapped } from './tapped.js';

const HEADER_BYTES = 9;
const framed = { createFramer: () => new GrpcFramer(new Meter()), tailBytes: 64 };

describe('Tap, with frames of which a part is of use', () => {
  const kept = (tapped: Tapped) => tapped.records.reduce((sum, { captured }) => sum + captured, 0);
  const opening = Buffer.concat([wire.PREFACE, wire.settings()]);

  function opened(maxBytes: number): Tapped {
    const tapped = new Tapped({ ...framed, ...limitOf(maxBytes) });
    tapped.send(opening);
    return tapped;
  }

  for (const maxBytes of [5, 512, 100_000]) {
    it(`keeps the header of data, and all of headers, up to ${maxBytes} bytes`, () => {
      const tapped = opened(maxBytes);
      const before = kept(tapped);
      for (let i = 0; i < 8; i++) tapped.send(wire.data(1, 16_384));
      assert.equal(kept(tapped) - before, 8 * HEADER_BYTES);
      const long = wire.ask(3, '/a.B/C', { authorization: 'x'.repeat(3000) });
      tapped.send(Buffer.concat([long, wire.data(3, 40)]));
      assert.equal(kept(tapped) - before, 9 * HEADER_BYTES + long.length);
    });
  }

  it('keeps the same however frames are cut', () => {
    const bytes = Buffer.concat([
      wire.ask(1, '/a.B/C'),
      wire.data(1, 5000),
      wire.reset(1, 8),
      wire.data(3, 3),
    ]);
    const whole = opened(512);
    const before = kept(whole);
    whole.send(bytes);
    for (const step of [1, 4, 7, 1000]) {
      const tapped = opened(512);
      for (let at = 0; at < bytes.length; at += step) tapped.send(bytes.subarray(at, at + step));
      assert.equal(kept(tapped), kept(whole), `${step} bytes at a time`);
    }
    assert.ok(kept(whole) > before);
  });

  it('keeps all where everything is asked for', () => {
    const tapped = opened(Number.POSITIVE_INFINITY);
    const before = kept(tapped);
    tapped.send(wire.data(1, 20_000));
    assert.equal(kept(tapped) - before, 20_009);
  });
});
