import { Capabilities } from './capabilities.js';
import { PR_GET_SECUREBITS, PR_SET_KEEPCAPS, SECBIT_NO_SETUID_FIXUP } from './constants.js';
import { Credentials, canReturn } from './credentials.js';
import { ENOMEM, errnoName } from './errno.js';
import * as libc from './libc.js';
import { SYS_SETGROUPS, SYS_SETRESGID, SYS_SETRESUID } from './system-calls.js';

const ROOT = 0;

/** (uid_t) -1: setresuid(2) and setresgid(2) leave such an id unchanged. */
const LEAVE = 0xffff_ffff;

/**
 * Attempts to restore credentials. Each change allocates memory in the kernel, which may be short of it for a moment.
 */
const TRIES = 100;

/** The parts of a thread's credentials, in the order in which `assume` changes them, and their system calls. */
const GROUPS = 1;
const GROUP = 2;
const USER = 4;
const CAPABILITIES = 8;
type Part = typeof GROUPS | typeof GROUP | typeof USER | typeof CAPABILITIES;

const CALLS: Readonly<Record<Part, string>> = {
  [GROUPS]: 'setgroups',
  [GROUP]: 'setresgid',
  [USER]: 'setresuid',
  [CAPABILITIES]: 'capset',
};

/** A thread cannot restore its own credentials. It must end, because it would go on acting as another user. */
export class CredentialsLostError extends Error {
  override readonly name = 'CredentialsLostError';

  constructor(reason: string) {
    super(`a thread that acted for a client cannot restore its own credentials: ${reason}`);
  }
}

/**
 * The credentials of the calling thread, which can assume those of others for a moment. For use by that thread alone.
 *
 *   assume:   groups ─► group ─► user ─► no capabilities
 *   restore:  user ─► capabilities ─► group ─► groups
 *
 * The raw system calls only change the calling thread, while the C library's functions of the same names change every
 * thread of the process. Only effective ids change. Because the real and saved ids and the permitted capabilities stay,
 * the thread can always go back (credentials(7), capabilities(7)), and the assumed user may neither signal the thread,
 * nor trace it, nor change its scheduling.
 */
export class ThreadCredentials {
  /** The thread's own credentials. */
  readonly own = new Credentials();
  readonly capabilities = new Capabilities();
  /** Whether the kernel itself drops and restores the effective capabilities when root changes its effective user. */
  readonly #kernelFollows: boolean;
  readonly #error: number;
  #changed = 0;
  /** The system call that `assume` failed in. */
  failedCall = '';

  constructor() {
    this.#error = this.own.readThread();
    const hasFixup = (libc.prctl(PR_GET_SECUREBITS, 0) & SECBIT_NO_SETUID_FIXUP) === 0;
    this.#kernelFollows = this.own.uid === ROOT && hasFixup && this.capabilities.areRaised;
    // Without this, a user with capabilities would lose them on the way back from root.
    if (this.own.uid !== ROOT) libc.prctl(PR_SET_KEEPCAPS, 1);
  }

  /**
   * Assumes other credentials, with only the given PATH_CAPABILITIES. Returns 0 or a negated errno. In both cases
   * `restore` must be called before anything else is done.
   */
  assume(other: Credentials, capabilities: number): number {
    if (this.#changed !== 0) throw new CredentialsLostError('they were not restored earlier');
    const { own } = this;
    const areGone = this.#kernelFollows && other.uid !== ROOT;
    let result = 0;
    if (!other.hasGroupsOf(own)) result = this.#take(GROUPS, other, 0);
    if (result === 0 && other.gid !== own.gid) result = this.#take(GROUP, other, 0);
    if (result === 0 && other.uid !== own.uid) result = this.#take(USER, other, 0);
    if (result === 0 && (!areGone || capabilities !== 0)) {
      result = this.#take(CAPABILITIES, other, capabilities);
    }
    return result;
  }

  /** Restores everything that `assume` changed, even if it failed halfway. @throws CredentialsLostError */
  restore(): void {
    // The user needs no capability. It brings back the capabilities that the rest needs.
    this.#regain(USER);
    this.#regain(CAPABILITIES);
    this.#regain(GROUP);
    this.#regain(GROUPS);
  }

  /**
   * Tries to assume a user and group other than the thread's own. Returns why that is impossible, or undefined.
   *
   * @throws CredentialsLostError
   */
  rehearse(user: number, group: number): string | undefined {
    if (this.#error < 0) return `getgroups: ${errnoName(-this.#error)}`;
    if (!canReturn()) return 'its effective user or group is neither its real nor its saved one';
    const other = new Credentials();
    other.uid = user;
    other.gid = group;
    other.groupCount = this.own.groupCount === 0 ? 1 : 0;
    other.groups[0] = group;
    const result = this.assume(other, 0);
    this.restore();
    if (result < 0) return `${this.failedCall}: ${errnoName(-result)}`;
    const now = new Credentials();
    if (now.readThread() < 0 || !now.equals(this.own) || !this.capabilities.areOwn()) {
      throw new CredentialsLostError('they are not the same as before');
    }
    return undefined;
  }

  #take(part: Part, from: Credentials, capabilities: number): number {
    const result = part === CAPABILITIES ? this.capabilities.lower(capabilities) : setIds(part, from);
    if (result < 0) this.failedCall = CALLS[part];
    else this.#changed |= part;
    return result;
  }

  #regain(part: Part): void {
    if ((this.#changed & part) === 0) return;
    let result = -ENOMEM;
    for (let i = 0; i < TRIES && result === -ENOMEM; i++) {
      result = part === CAPABILITIES ? this.capabilities.raise() : setIds(part, this.own);
    }
    if (result < 0) throw new CredentialsLostError(`${CALLS[part]}: ${errnoName(-result)}`);
    this.#changed &= ~part;
  }
}

function setIds(part: Exclude<Part, typeof CAPABILITIES>, from: Credentials): number {
  if (part === GROUPS) {
    return libc.result(libc.setgroups(SYS_SETGROUPS, from.groupCount, from.groupsAddress));
  }
  return part === GROUP
    ? libc.result(libc.setres(SYS_SETRESGID, LEAVE, from.gid, LEAVE))
    : libc.result(libc.setres(SYS_SETRESUID, LEAVE, from.uid, LEAVE));
}
