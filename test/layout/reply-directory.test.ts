import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeReplyDirectory, replyDirectory } from '../../src/layout/reply-directory.js';
import { bindReplyFile } from '../../src/linux/reply-file.js';
import { close } from '../../src/linux/socket.js';
import { openSocket } from '../../src/linux/socket-type.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

const NOBODY = 65_534;

describe('the directory of replies', () => {
  const cleanup = useCleanup();
  const isRoot = process.geteuid?.() === 0;
  let base: string;

  beforeEach(() => {
    base = cleanup.directory();
    chmodSync(base, 0o755);
  });

  it('is beside what is private of an agent', () => {
    assert.equal(replyDirectory('/run/udscope/private/containers'), '/run/udscope/replies');
    assert.equal(replyDirectory('/srv/relay/containers'), '/srv/relay/replies');
  });

  it('can be passed by everybody, and listed by nobody else', () => {
    const path = join(base, 'agent', 'replies');
    assert.equal(makeReplyDirectory(path), path);
    assert.equal(statSync(path).mode & 0o7777, 0o711);
    chmodSync(path, 0o777);
    assert.equal(makeReplyDirectory(path), undefined, 'others may have made what is in it');
  });

  it('is not used where upstreams cannot reach it, names have no room, or another user has it', function () {
    if (!isRoot) this.skip();
    const hidden = join(base, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    assert.equal(makeReplyDirectory(join(hidden, 'replies')), undefined);
    assert.deepEqual(readdirSync(hidden), []);
    assert.equal(makeReplyDirectory(join(base, 'x'.repeat(90), 'replies')), undefined);
    const foreign = join(base, 'foreign');
    mkdirSync(foreign);
    chownSync(foreign, NOBODY, NOBODY);
    assert.equal(makeReplyDirectory(foreign), undefined);
    assert.equal(makeReplyDirectory(join(foreign, 'replies')), undefined);
  });

  it('is cleared of what closed sockets have left, and of nothing else', async () => {
    const path = makeReplyDirectory(join(base, 'replies')) as string;
    const [living, dead] = [openSocket('dgram'), openSocket('dgram')];
    cleanup.defer(() => close(living));
    const kept = bindReplyFile(living, path) as string;
    const left = bindReplyFile(dead, path) as string;
    close(dead);
    writeFileSync(join(path, 'file'), '');
    utimesSync(left, 0, 0);
    makeReplyDirectory(path);
    assert.equal(readdirSync(path).length, 3, 'another agent may be binding it just now');
    await eventually('it is removed', () => {
      makeReplyDirectory(path);
      return readdirSync(path).length === 2;
    });
    assert.deepEqual(
      readdirSync(path)
        .map((name) => join(path, name))
        .sort(),
      [kept, join(path, 'file')].sort(),
    );
  });
});
