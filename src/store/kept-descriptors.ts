import { duplicate } from '../linux/descriptors.js';
import { errnoName, isPassing } from '../linux/errno.js';
import { close } from '../linux/socket.js';
import { socketName } from '../linux/socket-name.js';
import type { DescriptorStore } from './descriptor-store.js';
import type { InheritedDescriptor } from './inherited.js';
import { removeMessage, storeMessage } from './message.js';
import { isDescriptorName, isStoreName, unitName } from './names.js';
import type { ServiceManager } from './service-manager.js';

/** How soon a manager whose queue is full is asked again, in ms. */
const RETRY_MS = 10;

/** Without an answer for so long, in ms, it is logged. */
const PATIENCE_MS = 5000;

export interface Keeping {
  readonly inherited: readonly InheritedDescriptor[];
  /** undefined: nothing is kept. */
  readonly manager: ServiceManager | undefined;
  /** Whether the manager is known to keep descriptors. */
  readonly isKept: boolean;
}

/** A message that the manager has had no room for yet. */
interface Waiting {
  readonly text: string;
  /** A duplicate of ours: by the time it is sent, the number may be of another file. */
  readonly fd: number | undefined;
}

/** A socket that a socket unit has made, under all names that it can be asked for. */
interface OfUnit {
  readonly names: readonly string[];
  readonly fd: number;
}

/** Descriptors that the service manager keeps, by the messages of sd_notify(3). */
export class KeptDescriptors implements DescriptorStore {
  readonly #warn: (message: string) => void;
  #keeping: Keeping = { inherited: [], manager: undefined, isKept: false };
  /** From an earlier process, and not yet taken. */
  readonly #inherited = new Map<string, number>();
  readonly #ofUnits: OfUnit[] = [];
  /** What the manager holds, or will when it has read all messages: by name, our descriptor. */
  readonly #kept = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #waitingSinceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasWarned = false;

  /** Keeps nothing before `begin`. */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** To be called once, before anything is taken or kept. */
  begin(keeping: Keeping): void {
    this.#keeping = keeping;
    for (const { name, fd } of keeping.inherited) {
      if (!isStoreName(name)) {
        const path = socketName(fd);
        this.#ofUnits.push({ fd, names: [name, ...(path === undefined ? [] : [path])].map(unitName) });
      } else if (this.#inherited.has(name)) close(fd);
      else this.#inherited.set(name, fd);
    }
  }

  get isKept(): boolean {
    return this.#keeping.isKept;
  }

  take(name: string): number | undefined {
    const fd = this.#inherited.get(name);
    if (fd === undefined) return this.#takeOfUnit(name);
    this.#inherited.delete(name);
    this.#kept.set(name, fd);
    return fd;
  }

  keep(name: string, fd: number): void {
    if (this.#keeping.manager === undefined || this.#kept.get(name) === fd || !isDescriptorName(name)) return;
    if (this.#kept.has(name)) this.#send(removeMessage(name));
    this.#kept.set(name, fd);
    this.#send(storeMessage(name), fd);
  }

  giveBack(name: string, fd: number): void {
    this.#kept.delete(name);
    if (isStoreName(name)) this.#inherited.set(name, fd);
    else this.#ofUnits.push({ fd, names: [name] });
  }

  drop(name: string): void {
    if (this.#kept.delete(name)) this.#send(removeMessage(name));
  }

  /** What an earlier process kept and nobody has taken. It is no longer kept, and the caller's to close. */
  takeRest(): InheritedDescriptor[] {
    const rest = Array.from(this.#inherited, ([name, fd]) => ({ name, fd }));
    this.#inherited.clear();
    for (const { name } of rest) this.#send(removeMessage(name));
    return rest;
  }

  /** Names of sockets of units that nobody has taken. */
  get unusedUnits(): string[] {
    return this.#ofUnits.map(({ names }) =>
      names.map((name) => name.slice(unitName('').length)).join(' at '),
    );
  }

  #takeOfUnit(name: string): number | undefined {
    const index = this.#ofUnits.findIndex(({ names }) => names.includes(name));
    return index < 0 ? undefined : this.#ofUnits.splice(index, 1)[0]?.fd;
  }

  #send(text: string, fd?: number): void {
    const { manager } = this.#keeping;
    if (manager === undefined) return;
    if (this.#waiting.length === 0) {
      const result = manager.send(text, fd === undefined ? [] : [fd]);
      if (isPassing(-result)) this.#waitingSinceMs = performance.now();
      else {
        this.#heed(result);
        return;
      }
    }
    this.#wait(text, fd);
  }

  #wait(text: string, fd: number | undefined): void {
    const duplicated = fd === undefined ? undefined : duplicate(fd);
    if (duplicated !== undefined && duplicated < 0) {
      this.#heed(duplicated);
      return;
    }
    this.#waiting.push({ text, fd: duplicated });
    this.#timer ??= setInterval(() => this.#sendWaiting(), RETRY_MS).unref();
  }

  #sendWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { text, fd } = next;
      const result = this.#keeping.manager?.send(text, fd === undefined ? [] : [fd]) ?? 0;
      if (isPassing(-result)) {
        if (performance.now() - this.#waitingSinceMs > PATIENCE_MS) this.#heed(result);
        return;
      }
      this.#heed(result);
      this.#waiting.shift();
      this.#waitingSinceMs = performance.now();
      if (fd !== undefined) close(fd);
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Says once that the manager does not do its part. */
  #heed(result: number): void {
    if (result >= 0 || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      `${this.#keeping.manager?.name} does not keep the listening sockets for the next start: ${errnoName(-result)}`,
    );
  }
}
