import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Serial } from '../../src/async/serial.js';

describe('Serial', () => {
  it('starts an action when those before it have settled, in the order in which they were asked for', async () => {
    const serial = new Serial();
    const steps: string[] = [];
    const act = (name: string) =>
      serial.run(async () => {
        steps.push(`${name} starts`);
        await turn();
        steps.push(`${name} ends`);
        return name;
      });

    assert.deepEqual(await Promise.all([act('a'), act('b')]), ['a', 'b']);
    assert.deepEqual(steps, ['a starts', 'a ends', 'b starts', 'b ends']);
  });

  it('goes on after an action that fails, which fails for whoever asked for it', async () => {
    const serial = new Serial();
    const thrown = serial.run(() => {
      throw new Error('no');
    });
    const rejected = serial.run(() => Promise.reject(new Error('not that either')));
    const next = serial.run(() => 'yes');

    await assert.rejects(thrown, /^Error: no$/);
    await assert.rejects(rejected, /not that either/);
    assert.equal(await next, 'yes');
  });
});
