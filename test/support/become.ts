import { setgid, setgroups, setuid } from 'node:process';

/** As whom something is done in a process of its own. */
export interface Person {
  uid: number;
  gid: number;
  groups: readonly number[];
}

/** Users that no test needs to have an account. */
export const ALICE: Person = { uid: 40_001, gid: 40_011, groups: [40_021, 40_022] };
export const BOB: Person = { uid: 40_002, gid: 40_012, groups: [] };
export const CAROL: Person = {
  uid: 40_003,
  gid: 40_011,
  groups: Array.from({ length: 300 }, (_, i) => 50_000 + i),
};

/** For good, with all threads of this process. */
export function become({ uid, gid, groups }: Person): void {
  setgroups?.(groups);
  setgid?.(gid);
  setuid?.(uid);
}
