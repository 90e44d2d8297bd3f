import { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, LINUX_CAPABILITY_VERSION_3 } from './constants.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';
import { SYS_CAPGET, SYS_CAPSET } from './system-calls.js';

/*
 * capget(2): struct __user_cap_header_struct { u32 version; int pid }, and two of
 * struct __user_cap_data_struct { u32 effective, permitted, inheritable }, for capabilities 0 to 31 and 32 to 63.
 */
const PID = 1;
const DATA = 2;
const EFFECTIVE = [DATA, DATA + 3] as const;
const PERMITTED = [DATA + 1, DATA + 4] as const;
const WORDS = DATA + 6;

/** Those that let one past the permissions of files and directories on the way to a socket. */
export const PATH_CAPABILITIES = CAP_DAC_OVERRIDE | CAP_DAC_READ_SEARCH;

/** The capabilities of one thread, to be lowered and raised again by that thread. */
export class Capabilities {
  readonly #memory = new NativeMemory(WORDS * Uint32Array.BYTES_PER_ELEMENT);
  readonly #own = new Int32Array(WORDS);

  constructor() {
    this.#get(0);
    this.#own.set(this.#words);
  }

  /** Whether all that are permitted were effective. */
  get areRaised(): boolean {
    return EFFECTIVE.every((index, i) => this.#own[index] === this.#own[PERMITTED[i]]);
  }

  /** Those of PATH_CAPABILITIES that this thread may use. */
  get ofPath(): number {
    return this.#own[PERMITTED[0]] & PATH_CAPABILITIES;
  }

  /** Those of PATH_CAPABILITIES that a process uses, whatever user namespace they hold in; 0 if that cannot be read. */
  ofPathOf(pid: number): number {
    return this.#get(pid) < 0 ? 0 : this.#words[EFFECTIVE[0]] & PATH_CAPABILITIES;
  }

  /** Whether the thread has what it had at first. */
  areOwn(): boolean {
    return this.#get(0) === 0 && this.#words.every((word, index) => word === this.#own[index]);
  }

  /** Makes none effective but these, of PATH_CAPABILITIES. What is permitted stays so. A negative errno, or 0. */
  lower(effective: number): number {
    this.#words.set(this.#own);
    this.#words[EFFECTIVE[0]] = effective;
    this.#words[EFFECTIVE[1]] = 0;
    return this.#set();
  }

  /** Makes effective again what was at first. A negative errno, or 0. */
  raise(): number {
    this.#words.set(this.#own);
    return this.#set();
  }

  get #words(): Int32Array {
    return this.#memory.words;
  }

  /** `pid`: 0 is the calling thread. */
  #get(pid: number): number {
    const { address } = this.#memory;
    this.#words[0] = LINUX_CAPABILITY_VERSION_3;
    this.#words[PID] = pid;
    const result = libc.result(libc.capabilities(SYS_CAPGET, address, address + DATA * 4));
    this.#words[PID] = 0;
    return result;
  }

  #set(): number {
    const { address } = this.#memory;
    return libc.result(libc.capabilities(SYS_CAPSET, address, address + DATA * 4));
  }
}
