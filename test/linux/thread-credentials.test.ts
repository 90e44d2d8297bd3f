import assert from 'node:assert/strict';
import { geteuid } from 'node:process';
import { Credentials } from '../../src/linux/credentials.js';
import { EINVAL, EPERM } from '../../src/linux/errno.js';
import { ThreadCredentials } from '../../src/linux/thread-credentials.js';
import { ALICE, BOB, CAROL, type Person } from '../support/become.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { ownStatus, statuses } from '../support/thread-status.js';

const isRoot = geteuid?.() === 0;
const NONE = '0000000000000000';

interface Assumed {
  obstacle: string | null;
  before: string;
  rehearsed: string;
  result: number;
  during: string;
}

function credentials({ uid, gid, groups }: Person): Credentials {
  const other = new Credentials();
  other.uid = uid;
  other.gid = gid;
  other.groupCount = groups.length;
  other.groups.set(groups);
  return other;
}

function isAs(status: string, { uid, gid, groups }: Person, capabilities = NONE): void {
  const fields = Object.fromEntries(status.split('; ').map((field) => field.split(/:\s*/)));
  assert.equal(fields['Uid'].split(' ')[1], String(uid));
  assert.equal(fields['Uid'].split(' ')[3], String(uid), 'files are looked at as the same user');
  assert.equal(fields['Gid'].split(' ')[1], String(gid));
  assert.equal((fields['Groups'] ?? '').trim(), groups.join(' '));
  assert.equal(fields['CapEff'], capabilities);
}

describe('ThreadCredentials', () => {
  const cleanup = useCleanup();

  if (!isRoot) {
    it('reports that a user without capabilities cannot act as others, and changes nothing', () => {
      const before = ownStatus();
      const thread = new ThreadCredentials();
      assert.match(thread.rehearse(ALICE.uid, ALICE.gid) ?? '', /^setgroups: EPERM$/);
      assert.equal(thread.assume(credentials(ALICE), 0), -EPERM);
      thread.restore();
      assert.equal(ownStatus(), before);
    });
    return;
  }

  for (const [name, person] of Object.entries({ ALICE, BOB, CAROL, root: { uid: 0, gid: 0, groups: [7] } })) {
    it(`acts as ${name} and as itself again`, () => {
      const thread = new ThreadCredentials();
      const before = ownStatus();
      for (let i = 0; i < 3; i++) {
        let during = '';
        try {
          assert.equal(thread.assume(credentials(person), 0), 0);
          during = ownStatus();
        } finally {
          thread.restore();
        }
        isAs(during, person);
        assert.equal(ownStatus(), before);
      }
    });
  }

  it('changes its own thread and no other', () => {
    const thread = new ThreadCredentials();
    thread.assume(credentials(ALICE), 0);
    const all = statuses();
    thread.restore();
    assert.equal(all.length, 2, all.join('\n'));
    assert.equal(statuses().length, 1);
  });

  it('changes nothing if a group id is invalid', () => {
    const thread = new ThreadCredentials();
    const before = ownStatus();
    const nobody = credentials({ ...ALICE, groups: [2 ** 32 - 1] });
    assert.equal(thread.assume(nobody, 0), -EINVAL);
    assert.equal(thread.failedCall, 'setgroups');
    assert.equal(ownStatus(), before);
    thread.restore();
    assert.equal(ownStatus(), before);
  });

  it('refuses to go on when its credentials were not restored', () => {
    const thread = new ThreadCredentials();
    thread.assume(credentials(ALICE), 0);
    try {
      assert.throws(() => thread.assume(credentials(BOB), 0), /cannot restore its own credentials/);
    } finally {
      thread.restore();
    }
  });

  it('is protected from the user it acts as: no signal, no priority, no memory', async () => {
    const child = Child.start(cleanup, 'assumed-process', [JSON.stringify(ALICE)]);
    const assumed = await child.hear<Assumed>();
    assert.equal(assumed.result, 0);
    isAs(assumed.during, ALICE);
    const intruder = Child.start(cleanup, 'intruder-process', [JSON.stringify(ALICE), child.pid]);
    assert.deepEqual(await intruder.hear(), {
      signal: 'EPERM',
      priority: 'EPERM',
      memory: 'EACCES',
      environment: 'EACCES',
      descriptors: 'EACCES',
      oom: 'EACCES',
    });
    child.say('restore');
    assert.deepEqual(await child.hear(), { after: assumed.before, isOwn: true });
  });

  for (const person of [ALICE, { uid: 0, gid: 0, groups: [] }]) {
    it(`of an ordinary user with capabilities acts as user ${person.uid} and keeps them`, async () => {
      const child = Child.start(cleanup, 'assumed-process', [JSON.stringify(person), JSON.stringify(BOB)]);
      const assumed = await child.hear<Assumed>();
      assert.equal(assumed.obstacle, null);
      assert.equal(assumed.rehearsed, assumed.before);
      assert.match(assumed.before, new RegExp(`Uid: ${BOB.uid} ${BOB.uid} ${BOB.uid}`));
      assert.equal(assumed.result, 0);
      isAs(assumed.during, person);
      child.say('restore');
      assert.deepEqual(await child.hear(), { after: assumed.before, isOwn: true });
    });
  }
});
