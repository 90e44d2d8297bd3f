import assert from 'node:assert/strict';
import { SUN_PATH_BYTES, socketPathProblem, unixAddress } from '../../src/linux/sockaddr.js';
import { bind, close, openStream } from '../../src/linux/socket.js';
import { useCleanup } from '../support/cleanup.js';

const LONGEST_PATH = `/${'a'.repeat(SUN_PATH_BYTES - 2)}`;
const LONGEST_ABSTRACT = `@${'a'.repeat(SUN_PATH_BYTES - 1)}`;

describe('unixAddress', () => {
  const cleanup = useCleanup();

  it('ends a path with its NUL', () => {
    const address = unixAddress('/run/a.sock');
    assert.deepEqual(Buffer.from(address), Buffer.from('\x01\0/run/a.sock\0', 'latin1'));
  });

  it('starts an abstract name with a NUL and ends it with the address', () => {
    const address = unixAddress('@name');
    assert.deepEqual(Buffer.from(address), Buffer.from('\x01\0\0name', 'latin1'));
  });

  it('accepts a path of 107 bytes, and no longer one', () => {
    assert.equal(Buffer.byteLength(LONGEST_PATH), 107);
    assert.equal(unixAddress(LONGEST_PATH).byteLength, 2 + 108);
    assert.throws(
      () => unixAddress(`${LONGEST_PATH}a`),
      /^RangeError: ".*" is 108 bytes long.* at most 107$/,
    );
  });

  it('accepts an abstract name of 108 bytes with its @, and no longer one', () => {
    assert.equal(unixAddress(LONGEST_ABSTRACT).byteLength, 2 + 108);
    assert.throws(() => unixAddress(`${LONGEST_ABSTRACT}a`), RangeError);
  });

  it('counts UTF-8 bytes, not characters', () => {
    const path = `/${'é'.repeat(53)}`;
    assert.equal(path.length, 54);
    assert.equal(unixAddress(path).byteLength, 2 + 108);
    assert.match(socketPathProblem(`${path}e`) ?? '', /is 108 bytes long/);
    assert.match(socketPathProblem(`/${'🧦'.repeat(27)}`) ?? '', /is 109 bytes long/);
  });

  it('refuses an empty path, an empty abstract name and a NUL byte', () => {
    assert.equal(socketPathProblem(''), 'is empty');
    assert.equal(socketPathProblem('@'), 'is empty');
    assert.equal(socketPathProblem('/run/a\0b'), 'contains a NUL byte');
    assert.throws(() => unixAddress('@a\0b'), RangeError);
  });

  it('makes an address of the longest name that the kernel binds', () => {
    const directory = cleanup.directory();
    const longest = `${directory}/${'p'.repeat(107 - directory.length - 1)}`;
    for (const name of [longest, `@${process.pid}${'q'.repeat(107 - `${process.pid}`.length)}`]) {
      const fd = openStream();
      cleanup.defer(() => close(fd));
      assert.equal(bind(fd, unixAddress(name)), 0, name);
    }
  });
});
