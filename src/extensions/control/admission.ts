import { geteuid } from 'node:process';
import { accountId } from '../../linux/passwd.js';
import { IdMap } from '../../linux/user-namespace.js';
import type { Peer } from './peer.js';

export interface AdmissionSettings {
  /** Ids of users, and groups as `@name` or `@id`, beside this process's own user. */
  readonly allow: readonly (number | string)[];
  /** The agent itself: it connects for others, so its connections do not say who asks. */
  readonly relayPid?: number | undefined;
}

/**
 * Decides which users may command the agent. Ids are the kernel's, as seen in the user namespace of this process. The id that stands for
 * all users without one there never may, even if the list has it.
 */
export class Admission {
  readonly #uids: ReadonlySet<number>;
  readonly #gids: ReadonlySet<number>;
  readonly #relayPid: number | undefined;
  readonly #ids: { readonly users: IdMap; readonly groups: IdMap };

  /**
   * @param ids how the user namespace of this process maps ids
   * @throws Error when there is no such group.
   */
  constructor(
    { allow, relayPid }: AdmissionSettings,
    ids = { users: IdMap.ofUsers(), groups: IdMap.ofGroups() },
  ) {
    this.#ids = ids;
    const own = geteuid?.();
    const uids = allow.filter((each) => typeof each === 'number');
    const groups = allow.filter((each) => typeof each === 'string').map((each) => each.slice('@'.length));
    this.#uids = new Set(own === undefined ? uids : [...uids, own]);
    this.#gids = new Set(
      groups.map((group) => (/^\d+$/.test(group) ? Number(group) : accountId('group', group))),
    );
    this.#relayPid = relayPid;
  }

  /** Why a client is refused; undefined when it may command. */
  refusal(peer: Peer | undefined): string | undefined {
    if (peer === undefined) return 'the kernel does not say who has connected';
    if (peer.pid === this.#relayPid) {
      return 'this is a connection of the agent itself: one of its sockets leads here, and who is behind it is not known';
    }
    if (this.#isUser(peer.uid) || this.#isMember(peer)) return undefined;
    return `uid ${peer.uid} may not control this agent; extensions.control.allow says who may`;
  }

  #isUser(uid: number): boolean {
    return this.#uids.has(uid) && !this.#ids.users.isNobody(uid);
  }

  #isMember(peer: Peer): boolean {
    return this.#gids.size > 0 && [peer.gid, ...peer.groups()].some((gid) => this.#isGroup(gid));
  }

  #isGroup(gid: number): boolean {
    return this.#gids.has(gid) && !this.#ids.groups.isNobody(gid);
  }
}
