import { randomInt } from 'node:crypto';
import type { PeerCredentials } from '../../../linux/socket.js';

/** How long a process is taken for the one that had its pid before, in ms: nobody uses up all pids in that time. */
const SAME_PROCESS_MS = 1000;

/** Processes that are remembered of one listener. Those beyond are looked at anew. */
const PROCESSES_MAX = 4096;

const SEED = randomInt(2 ** 31 - 1);

/** The same of one address: processes share a socket that they have inherited. */
const PROCESSES_AT_ADDRESS = 64;

/** sun_path begins here in an address. */
const FAMILY_BYTES = 2;

/** Not the number of any connection. */
export const NO_SLOT = -1;

interface SeenProcess {
  slot: number;
  uid: number;
  gid: number;
  untilMs: number;
}

interface Addressed {
  readonly slot: number;
  readonly address: Uint8Array;
  /** Who was seen to send from there, by pid: an address does not tell whose it is. */
  readonly byPid: Map<number, SeenProcess>;
}

/**
 * Finds the slot of a datagram's sender: by its address, or where it has none by its process. It answers only for a process that was
 * looked at within the last second; any other is to be looked at, and said what it was found to be.
 */
export class DatagramSenders {
  readonly #byPid = new Map<number, SeenProcess>();
  /** Of senders without an address, by what is counted together: a container or program, and its user and group. */
  readonly #byIdentity = new Map<string, number>();
  /** By a hash of the address; those that have the same hash in a row. */
  readonly #byAddress = new Map<number, Addressed[]>();
  readonly #identities = new Map<number, string>();
  readonly #hashes = new Map<number, number>();

  /** The slot of a sender whose address are the first `bytes` of `memory`, NO_SLOT if it is to be looked at. */
  find(memory: Uint8Array, bytes: number, sender: PeerCredentials, nowMs: number): number {
    if (bytes > FAMILY_BYTES) {
      const known = this.#addressed(memory, bytes);
      return known === undefined ? NO_SLOT : slotOf(known.byPid.get(sender.pid), sender, nowMs);
    }
    return slotOf(this.#byPid.get(sender.pid), sender, nowMs);
  }

  /** The slot of an address, whoever sent from it. */
  at(memory: Uint8Array, bytes: number): number {
    return this.#addressed(memory, bytes)?.slot ?? NO_SLOT;
  }

  /** The slot of senders without an address who are counted together. */
  of(identity: string): number {
    return this.#byIdentity.get(identity) ?? NO_SLOT;
  }

  /** A sender without an address was looked at. */
  seen(identity: string, slot: number, sender: PeerCredentials, nowMs: number): void {
    if (this.#byPid.size >= PROCESSES_MAX) this.#byPid.clear();
    this.#byPid.set(sender.pid, seenProcess(slot, sender, nowMs));
    this.#byIdentity.set(identity, slot);
    this.#identities.set(slot, identity);
  }

  /** The sender at an address was looked at. */
  seenAt(memory: Uint8Array, bytes: number, slot: number, sender: PeerCredentials, nowMs: number): void {
    const process = seenProcess(slot, sender, nowMs);
    const known = this.#addressed(memory, bytes);
    if (known?.slot === slot) {
      if (known.byPid.size >= PROCESSES_AT_ADDRESS) known.byPid.clear();
      known.byPid.set(sender.pid, process);
      return;
    }
    const hash = hashOf(memory, bytes);
    const others = this.#byAddress.get(hash) ?? [];
    const byPid = new Map([[sender.pid, process]]);
    others.push({ slot, address: Uint8Array.from(memory.subarray(0, bytes)), byPid });
    this.#byAddress.set(hash, others);
    this.#hashes.set(slot, hash);
  }

  /** A slot is none of a sender's any more. */
  forget(slot: number): void {
    const identity = this.#identities.get(slot);
    if (identity !== undefined && this.#byIdentity.get(identity) === slot) this.#byIdentity.delete(identity);
    if (this.#identities.delete(slot)) {
      for (const [pid, seen] of this.#byPid) if (seen.slot === slot) this.#byPid.delete(pid);
    }
    const hash = this.#hashes.get(slot);
    if (hash === undefined) return;
    this.#hashes.delete(slot);
    const left = (this.#byAddress.get(hash) ?? []).filter((each) => each.slot !== slot);
    if (left.length > 0) this.#byAddress.set(hash, left);
    else this.#byAddress.delete(hash);
  }

  #addressed(memory: Uint8Array, bytes: number): Addressed | undefined {
    const row = this.#byAddress.get(hashOf(memory, bytes));
    if (row === undefined) return undefined;
    for (let i = 0; i < row.length; i++) if (isAddress(row[i].address, memory, bytes)) return row[i];
    return undefined;
  }
}

function seenProcess(slot: number, { uid, gid }: PeerCredentials, nowMs: number): SeenProcess {
  return { slot, uid, gid, untilMs: nowMs + SAME_PROCESS_MS };
}

function slotOf(seen: SeenProcess | undefined, { uid, gid }: PeerCredentials, nowMs: number): number {
  const isSame = seen !== undefined && nowMs < seen.untilMs && seen.uid === uid && seen.gid === gid;
  return isSame ? seen.slot : NO_SLOT;
}

function isAddress(address: Uint8Array, memory: Uint8Array, bytes: number): boolean {
  if (address.length !== bytes) return false;
  for (let i = 0; i < bytes; i++) if (address[i] !== memory[i]) return false;
  return true;
}

/** FNV-1a from a seed that no client knows, as a small integer: a Map takes it without an allocation. */
function hashOf(memory: Uint8Array, bytes: number): number {
  let hash = SEED;
  for (let i = 0; i < bytes; i++) hash = Math.imul(hash ^ memory[i], 0x01000193);
  return hash & 0x3fff_ffff;
}
