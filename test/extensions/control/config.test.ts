import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { controlExtensionSchema } from '../../../src/extensions/control/config.js';

describe('controlExtensionSchema', () => {
  it('has defaults for everything', () => {
    assert.deepEqual(controlExtensionSchema.parse({}), {
      socket: '/run/udscope/private/control.sock',
      mode: 0o660,
      group: null,
      allow: [0],
      allow_in_socket_directory: false,
    });
  });

  it('takes a relative path and a mode of three digits', () => {
    const config = controlExtensionSchema.parse({ socket: 'c.sock', mode: '600' });
    assert.deepEqual([config.socket, config.mode], [resolve('c.sock'), 0o600]);
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

  it('takes ids of users, and names and ids of groups, that may command', () => {
    const { allow } = controlExtensionSchema.parse({ allow: [0, '1000', '@docker', '@999'] });
    assert.deepEqual(allow, [0, 1000, '@docker', '@999']);
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
    [{ allow: ['root'] }, /^is not the id of a user, nor a group; give a number, or @ and the name/],
    [{ allow: ['@'] }, /^is not the id of a user/],
    [{ allow: ['@a:b'] }, /^is not the id of a user/],
    [{ allow: ['@4294967295'] }, /^is not the id of a user/],
    [{ allow: [-1] }, /^is not the id of a user/],
    [{ allow: [4294967295] }, /^is not the id of a user/],
    [{ allow: [1.5] }, /^is not the id of a user/],
    [{ allow: 0 }, /expected array/],
    [{ allow_in_socket_directory: 'yes' }, /expected boolean/],
  ];
  for (const [config, message] of mistakes) {
    it(`refuses ${JSON.stringify(config).slice(0, 40)}`, () => {
      const { error } = controlExtensionSchema.safeParse(config);
      assert.match(error?.issues[0]?.message ?? '', message);
    });
  }
});
