import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inheritedDescriptors } from '../../src/store/inherited.js';
import { fieldsOf } from '../../src/store/message.js';
import { isDescriptorName, isStoreName, listenName } from '../../src/store/names.js';

describe('names of kept descriptors', () => {
  it('are those of their paths where these are short', () => {
    assert.equal(listenName('/run/udscope/sockets/a/a.sock'), 'unix=/run/udscope/sockets/a/a.sock');
    assert.equal(listenName('@a:b%é'), 'unix=@a%3ab%25%c3%a9');
  });

  it('can be carried, and are different for different paths, whatever these are', () => {
    const path = fc.string({ unit: 'binary', minLength: 1, maxLength: 107 });
    fc.assert(
      fc.property(path, path, (a, b) => {
        const names = [a, b].map(listenName);
        assert.ok(names.every((name) => isDescriptorName(name) && isStoreName(name) && name.length <= 65));
        assert.equal(names[0] === names[1], a === b);
      }),
    );
  });

  it('are refused with a colon, a space, nothing, or 300 characters', () => {
    for (const name of ['a:b', 'a b', '', 'a\nb', 'é', 'a'.repeat(300)])
      assert.ok(!isDescriptorName(name), name);
    assert.ok(isDescriptorName('a'.repeat(255)));
  });
});

describe('a message of sd_notify(3)', () => {
  it('has the fields of its lines', () => {
    assert.deepEqual(fieldsOf('FDSTORE=1\nnothing\n=x\nFDNAME=a=b\n'), [
      ['FDSTORE', '1'],
      ['FDNAME', 'a=b'],
    ]);
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const [key] of fieldsOf(text)) assert.ok(key.length > 0 && !key.includes('='));
      }),
    );
  });
});

describe('descriptors of the environment', () => {
  const PID = 42;

  it('are taken by the process that they are for only, and only what is open', () => {
    const env = { LISTEN_PID: '43', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a', OTHER: 'x' };
    assert.deepEqual(inheritedDescriptors(env, PID), []);
    assert.deepEqual(env, { OTHER: 'x' }, 'nobody else takes them for his');
  });

  it('may be said to be anything', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('42', '-1', '0x10', '1e3', ' 1', '99999999999', ''));
    fc.assert(
      fc.property(text, text, text, (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES) => {
        // Numbers that could name descriptors of this process are left out.
        fc.pre(!/^[1-9]\d{0,4}$/.test(LISTEN_FDS));
        assert.deepEqual(inheritedDescriptors({ LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES }, PID), []);
      }),
    );
  });
});
