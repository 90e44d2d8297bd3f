import { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, LINUX_CAPABILITY_VERSION_3 } from './constants.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';
import { SYS_CAPGET, SYS_CAPSET } from './system-calls.js';

/*
 * capget(2): struct __user_cap_header_struct { u32 version; int pid }, and two of
 * struct __user_cap_data_struct { u32 effective, permitted, inheritable }, for capabilities 0 to 31 and 32 to 63.
 */
const VERSION = 0;
const PID = 1;
const DATA = 2;
const EFFECTIVE = [DATA, DATA + 3] as const;
const PERMITTED = [DATA + 1, DATA + 4] as const;
const WORDS = DATA + 6;

const THIS_THREAD = 0;

/** Those that let one past the permissions of files and directories on the way to a socket. */
export const PATH_CAPABILITIES = CAP_DAC_OVERRIDE | CAP_DAC_READ_SEARCH;

/** The capabilities of one thread, to be lowered and raised again by that thread. */
export class Capabilities {
  /** What it has of itself, what is left to it for a moment, and what was read last. */
  readonly #own = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);
  readonly #lowered = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);
  readonly #found = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);

  constructor() {
    get(this.#own, THIS_THREAD);
    this.#lowered.words.set(this.#own.words);
    for (const index of EFFECTIVE) this.#lowered.words[index] = 0;
  }

  /** Whether all that are permitted were effective. */
  get areRaised(): boolean {
    const { words } = this.#own;
    return EFFECTIVE.every((index, i) => words[index] === words[PERMITTED[i]]);
  }

  /** Those of PATH_CAPABILITIES that this thread may use. */
  get ofPath(): number {
    return this.#own.words[PERMITTED[0]] & PATH_CAPABILITIES;
  }

  /** Those of PATH_CAPABILITIES that a process uses, whatever user namespace they hold in; 0 if that cannot be read. */
  ofPathOf(pid: number): number {
    return get(this.#found, pid) < 0 ? 0 : this.#found.words[EFFECTIVE[0]] & PATH_CAPABILITIES;
  }

  /** Whether the thread has what it had at first. */
  areOwn(): boolean {
    const isRead = get(this.#found, THIS_THREAD) === 0;
    return isRead && this.#found.words.every((word, index) => word === this.#own.words[index]);
  }

  /** Makes none effective but these, of PATH_CAPABILITIES. What is permitted stays so. A negative errno, or 0. */
  lower(effective: number): number {
    this.#lowered.words[EFFECTIVE[0]] = effective;
    return set(this.#lowered);
  }

  /** Makes effective again what was at first. A negative errno, or 0. */
  raise(): number {
    return set(this.#own);
  }
}

function get({ words, address }: NativeMemory, pid: number): number {
  words[VERSION] = LINUX_CAPABILITY_VERSION_3;
  words[PID] = pid;
  return libc.result(libc.capabilities(SYS_CAPGET, address, address + DATA * 4));
}

function set({ address }: NativeMemory): number {
  return libc.result(libc.capabilities(SYS_CAPSET, address, address + DATA * 4));
}
