/**
 * A process whose main thread acts as somebody else until a line comes, and tells its credentials meanwhile and after.
 *
 *   node assumed-process.js PERSON [AS]
 *
 * AS: as whom it is itself, with the capabilities to become others; root without it.
 */
import { readSync } from 'node:fs';
import { Capabilities } from '../../src/linux/capabilities.js';
import { PR_SET_KEEPCAPS } from '../../src/linux/constants.js';
import { Credentials } from '../../src/linux/credentials.js';
import * as libc from '../../src/linux/libc.js';
import { SYS_SETRESGID, SYS_SETRESUID } from '../../src/linux/system-calls.js';
import { ThreadCredentials } from '../../src/linux/thread-credentials.js';
import type { Person } from './become.js';
import { ownStatus } from './thread-status.js';

const clock = new Int32Array(new SharedArrayBuffer(4));

/** Nothing else may happen in this thread meanwhile. */
function waitForLine(): void {
  for (;;) {
    try {
      readSync(0, Buffer.alloc(16));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(clock, 0, 0, 1);
    }
  }
}

const [person, as] = process.argv.slice(2);
const { uid, gid, groups } = JSON.parse(person) as Person;

if (as !== undefined) {
  const capabilities = new Capabilities();
  const self = JSON.parse(as) as Person;
  libc.prctl(PR_SET_KEEPCAPS, 1);
  libc.setres(SYS_SETRESGID, self.gid, self.gid, self.gid);
  libc.setres(SYS_SETRESUID, self.uid, self.uid, self.uid);
  capabilities.raise();
}
const before = ownStatus();
const other = new Credentials();
other.uid = uid;
other.gid = gid;
other.groupCount = groups.length;
other.groups.set(groups);
const thread = new ThreadCredentials();
const obstacle = thread.rehearse(uid, gid) ?? null;
const rehearsed = ownStatus();
const result = thread.assume(other, 0);
const during = ownStatus();
process.stdout.write(`${JSON.stringify({ obstacle, before, rehearsed, result, during })}\n`);
waitForLine();
thread.restore();
process.stdout.write(`${JSON.stringify({ after: ownStatus(), isOwn: thread.capabilities.areOwn() })}\n`);
