import { readdirSync, readFileSync, statSync } from 'node:fs';
import { MESSAGE_DESCRIPTORS_MAX } from '../../../linux/control-data.js';
import { attempt } from '../../../values/attempt.js';

/** How often the open descriptors of the process are counted, in ms. */
const LOOK_MS = 1000;

/** Descriptors that relayed connections leave to scrapes, the control API, reloads and files; an eighth of a small limit. */
const RESERVE_MAX = 64;
const RESERVE_PART = 8;

const DESCRIPTORS_OF_CONNECTION = 2;

/** Descriptors that were received and are not closed yet, at most for each thread: those of some messages. */
const RECEIVED_MAX = 2048;

/** The part of the limit that descriptors which were received may take in all until they are closed. */
const RECEIVED_PART = 32;

/** Where that is less than those of a few messages, they may take this much, but no more than that part of the limit. */
const RECEIVED_LEAST = 4 * MESSAGE_DESCRIPTORS_MAX;
const RECEIVED_PART_MAX = 8;

/** A pool, as far as descriptors are concerned. */
export interface DescriptorUser {
  /** Connections that are open. */
  readonly open: number;
  /** Connections that may be open at a time. */
  allowed: number;
}

/**
 * Tells the pools how many connections they may have, such that descriptors are left for everything else in the process.
 * It counts the open descriptors now and then and divides the free ones among the pools: none can take what another was
 * told it may have.
 */
export class DescriptorBudget {
  /** Each with the descriptors that are kept for those that it passes on. */
  readonly #users = new Map<DescriptorUser, number>();
  #timer: NodeJS.Timeout | undefined;

  /** Tells it from now on. `received`: how many descriptors are kept for those that it passes on. */
  add(user: DescriptorUser, received = 0): void {
    this.#users.set(user, received);
    this.divide();
    this.#timer ??= setInterval(() => this.divide(), LOOK_MS).unref();
  }

  /** It opens no connections any more. */
  remove(user: DescriptorUser): void {
    this.#users.delete(user);
    if (this.#users.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Counts what is open, and divides what is free. */
  divide(): void {
    const descriptors = freeDescriptors();
    if (descriptors === undefined) return;
    const received = [...this.#users.values()].reduce((sum, each) => sum + each, 0);
    const free = Math.floor((descriptors - received) / DESCRIPTORS_OF_CONNECTION / this.#users.size);
    for (const user of this.#users.keys()) user.allowed = user.open + free;
  }
}

/** The budget of this process. */
export const descriptorBudget = new DescriptorBudget();

/** How many descriptors each thread of a pool takes of its connections at most until they are closed. */
export function receivedDescriptors(threads: number): number {
  const limit = attempt(softLimit) ?? 0;
  const all = Math.max(limit / RECEIVED_PART, Math.min(RECEIVED_LEAST, limit / RECEIVED_PART_MAX));
  return Math.max(1, Math.min(RECEIVED_MAX, Math.floor(all / threads)));
}

/** How many the process may open beside the reserve; negative when it is touched, undefined where /proc does not tell. */
function freeDescriptors(): number | undefined {
  try {
    const limit = softLimit();
    const reserve = Math.min(RESERVE_MAX, Math.floor(limit / RESERVE_PART));
    return limit - reserve - countDescriptors();
  } catch {
    return undefined;
  }
}

/** RLIMIT_NOFILE. Node raises it to the hard limit when it starts, and it may be changed later (prlimit(1)). */
function softLimit(): number {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Since Linux 6.2 the size of the directory is their number; before, it is 0, and they are listed. */
function countDescriptors(): number {
  const { size } = statSync('/proc/self/fd');
  return size > 0 ? size : readdirSync('/proc/self/fd').length;
}
