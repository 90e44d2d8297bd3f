import assert from 'node:assert/strict';
import { wantsColours } from '../../src/values/colours.js';

describe('wantsColours', () => {
  for (const [isTerminal, env, expected] of [
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ] as const) {
    it(`is ${expected} ${isTerminal ? 'on' : 'off'} a terminal with ${JSON.stringify(env)}`, () => {
      assert.equal(wantsColours(isTerminal, env), expected);
    });
  }
});
