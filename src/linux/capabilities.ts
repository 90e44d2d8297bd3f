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

/** Capabilities that bypass the permissions of files and directories on the way to a socket. */
const PATH_CAPABILITIES = CAP_DAC_OVERRIDE | CAP_DAC_READ_SEARCH;

/** The capabilities of the thread that creates it, for that thread to lower and raise. */
export class Capabilities {
  /** The thread's original capabilities, the ones it lowers to, and the result of the last read. */
  readonly #own = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);
  readonly #lowered = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);
  readonly #found = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);

  constructor() {
    get(this.#own, THIS_THREAD);
    this.#lowered.words.set(this.#own.words);
    for (const index of EFFECTIVE) this.#lowered.words[index] = 0;
  }

  /** Whether all permitted capabilities were effective at first. */
  get areRaised(): boolean {
    const { words } = this.#own;
    return EFFECTIVE.every((index, i) => words[index] === words[PERMITTED[i]]);
  }

  /** The PATH_CAPABILITIES that this thread may use. */
  get ofPath(): number {
    return this.#own.words[PERMITTED[0]] & PATH_CAPABILITIES;
  }

  /** The effective PATH_CAPABILITIES of a process, in whatever user namespace; 0 if they cannot be read. */
  ofPathOf(pid: number): number {
    return get(this.#found, pid) < 0 ? 0 : this.#found.words[EFFECTIVE[0]] & PATH_CAPABILITIES;
  }

  /** Whether the thread has its original capabilities. */
  areOwn(): boolean {
    const isRead = get(this.#found, THIS_THREAD) === 0;
    return isRead && this.#found.words.every((word, index) => word === this.#own.words[index]);
  }

  /**
   * Makes only `effective` effective, of PATH_CAPABILITIES. The permitted set does not change. 0 or a negated errno.
   */
  lower(effective: number): number {
    this.#lowered.words[EFFECTIVE[0]] = effective;
    return set(this.#lowered);
  }

  /** Restores the original capabilities. 0 or a negated errno. */
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
