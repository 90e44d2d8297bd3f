import assert from 'node:assert/strict';
import { isOneOf } from '../../../../src/extensions/control/events/filter.js';

describe('isOneOf', () => {
  it('knows containers by name and the beginning of their ids, and programs of the host by name', () => {
    const container = { 'container.id': 'c0ffee01', 'container.name': 'wallet' };
    const program = { 'process.executable.name': 'nginx' };
    for (const [attributes, wanted, expected] of [
      [container, ['wallet'], true],
      [container, ['c0ff'], true],
      [container, ['c0f'], false],
      [container, ['nginx', 'c0ffee01'], true],
      [program, ['nginx'], true],
      [program, ['ngin'], false],
      [{}, ['nginx'], false],
    ] as const) {
      assert.equal(isOneOf({ container: attributes }, wanted), expected, wanted.join());
    }
  });
});
