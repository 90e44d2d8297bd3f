import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Admission } from '../../../src/extensions/control/admission.js';
import type { Peer } from '../../../src/extensions/control/peer.js';
import { IdMap } from '../../../src/linux/user-namespace.js';

/** A user that no test runs as. */
const STRANGER = 4_000_000_001;
const OVERFLOW = 65_534;

describe('Admission', () => {
  const own = process.geteuid?.() ?? 0;

  const peer = ({
    groups = [],
    ...properties
  }: Partial<Omit<Peer, 'groups'>> & { groups?: number[] }): Peer => ({
    pid: 4242,
    uid: STRANGER,
    gid: STRANGER,
    groups: () => groups,
    ...properties,
  });

  it("obeys the agent's own user and those that are listed, and nobody else", () => {
    const admission = new Admission({ allow: [0, 1000] });
    for (const uid of [own, 0, 1000]) assert.equal(admission.refusal(peer({ uid })), undefined);
    for (const uid of [STRANGER, OVERFLOW, 1001, 100_000]) {
      if (uid === own) continue;
      assert.match(
        admission.refusal(peer({ uid })) ?? '',
        new RegExp(`^uid ${uid} may not control this agent`),
      );
    }
    assert.equal(new Admission({ allow: [] }).refusal(peer({ uid: own })), undefined);
  });

  it('obeys members of a group that is listed, whichever of their groups it is', () => {
    const [root] = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .filter((line) => /^[^:]+:[^:]*:0:/.test(line));
    const admission = new Admission({ allow: ['@4242', `@${root?.split(':')[0]}`] });
    for (const gid of [4242, 0]) {
      assert.equal(admission.refusal(peer({ gid })), undefined);
      assert.equal(admission.refusal(peer({ groups: [7, gid, 8] })), undefined);
    }
    assert.match(admission.refusal(peer({ groups: [7, 8] })) ?? '', /^uid/);
    assert.match(admission.refusal(peer({ uid: 4242 })) ?? '', /^uid/, 'a user is no group');
    assert.match(new Admission({ allow: [4242] }).refusal(peer({ gid: 4242 })) ?? '', /^uid/);
  });

  it('does not begin with a group that there is not', () => {
    assert.throws(
      () => new Admission({ allow: ['@no-such-group'] }),
      /no group "no-such-group" in \/etc\/group/,
    );
  });

  it('obeys nobody of whom the kernel does not say who he is, and not the agent itself', () => {
    const admission = new Admission({ allow: [0], relayPid: 77 });
    assert.match(admission.refusal(undefined) ?? '', /does not say/);
    assert.match(admission.refusal(peer({ uid: 0, pid: 77 })) ?? '', /a connection of the agent itself/);
    assert.equal(admission.refusal(peer({ uid: 0, pid: 0 })), undefined, 'root of another pid namespace');
  });

  it('takes nobody who has no id in its user namespace for a user of that id', () => {
    const partial = new IdMap('         0     100000      65536\n', String(OVERFLOW));
    const [users, groups] = [partial, partial];
    const allow = [OVERFLOW, 1000, `@${OVERFLOW}`];
    const admission = new Admission({ allow }, { users, groups });
    assert.match(admission.refusal(peer({ uid: OVERFLOW })) ?? '', /^uid 65534/);
    assert.match(admission.refusal(peer({ gid: OVERFLOW, groups: [OVERFLOW] })) ?? '', /^uid/);
    assert.equal(admission.refusal(peer({ uid: 1000 })), undefined);
    assert.equal(admission.refusal(peer({ uid: OVERFLOW, gid: 0, groups: [] }))?.startsWith('uid'), true);

    const whole = new IdMap('         0          0 4294967295\n', String(OVERFLOW));
    const outside = new Admission({ allow }, { users: whole, groups: whole });
    assert.equal(outside.refusal(peer({ uid: OVERFLOW })), undefined, 'there it is an id as any other');
    const unknown = new Admission({ allow }, { users: new IdMap('', ''), groups: new IdMap('', '') });
    assert.match(unknown.refusal(peer({ uid: OVERFLOW })) ?? '', /^uid 65534/);
  });
});
