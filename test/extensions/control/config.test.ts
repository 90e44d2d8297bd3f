import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { controlExtensionSchema } from '../../../src/extensions/control/config.js';

describe('controlExtensionSchema', () => {
  it('has defaults for everything', () => {
    assert.deepEqual(controlExtensionSchema.parse({}), {
      socket: '/run/udscope/control.sock',
      mode: 0o660,
      group: null,
    });
  });

  it('takes a relative path and a mode of three digits', () => {
    const config = controlExtensionSchema.parse({ socket: 'c.sock', mode: '600' });
    assert.deepEqual(config, { socket: resolve('c.sock'), mode: 0o600, group: null });
  });

  it('takes a group by name or id', () => {
    for (const [group, expected] of [
      ['docker', 'docker'],
      ['0', 0],
      [999, 999],
      [null, null],
    ]) {
      assert.equal(controlExtensionSchema.parse({ group }).group, expected);
    }
  });

  const mistakes: readonly [config: Record<string, unknown>, message: RegExp][] = [
    [{ socket: '@udscope' }, /^is an abstract socket, which has no permissions; give a path$/],
    [{ socket: '' }, /^is empty$/],
    [{ socket: `/${'x'.repeat(108)}` }, /at most 107$/],
    [{ mode: 660 }, /^is a number; put the octal mode in quotes, as "0660"$/],
    [{ mode: 'inherit' }, /^is not a file mode; give an octal mode in quotes, as "0660"$/],
    [{ mode: '4755' }, /^is not a file mode/],
    [{ path: '/run/c.sock' }, /path/],
    [{ group: '' }, /^is not a group; give a name, or an id$/],
    [{ group: 'a:b' }, /^is not a group/],
    [{ group: -1 }, /^is not a group/],
    [{ group: '4294967295' }, /^is not a group/],
    [{ group: 1.5 }, /^is not a group/],
  ];
  for (const [config, message] of mistakes) {
    it(`refuses ${JSON.stringify(config).slice(0, 40)}`, () => {
      const { error } = controlExtensionSchema.safeParse(config);
      assert.match(error?.issues[0]?.message ?? '', message);
    });
  }
});
