import assert from 'node:assert/strict';
import { ExportTime } from '../../../src/exporters/otlphttp/export-time.js';
import { eventually } from '../../support/eventually.js';

describe('ExportTime', () => {
  it('is up when none is left', () => {
    assert.equal(new ExportTime(0).signal.aborted, true);
    assert.equal(new ExportTime(-1).signal.aborted, true);
  });

  it('may be without an end, and be given one', async () => {
    const time = new ExportTime(Number.POSITIVE_INFINITY);
    assert.equal(await time.wait(1), true);
    assert.equal(time.signal.aborted, false);
    time.hurry(5);
    await eventually('it is up', () => time.signal.aborted);
  });

  it('ends the longest of waits when it is to hurry', async () => {
    const time = new ExportTime(Number.POSITIVE_INFINITY);
    const waited = time.wait(Number.MAX_SAFE_INTEGER);
    assert.equal(time.isHurried, false);
    // A delay that a timer cannot take would have fired by then.
    await time.wait(20);
    time.hurry(Number.POSITIVE_INFINITY);
    assert.equal(await waited, false);
    assert.equal(time.isHurried, true);
    assert.equal(time.signal.aborted, false);
  });

  it('does not wait when nothing would be left after it', async () => {
    const time = new ExportTime(1000);
    assert.equal(await time.wait(1000), false);
    time.stop();
  });
});
