import { readFileSync } from 'node:fs';

/** All values of uid_t and gid_t but -1. */
const ALL_IDS = 2 ** 32 - 1;

/** What an id that has no mapping is shown as where the kernel does not say (user_namespaces(7)). */
const DEFAULT_OVERFLOW = 65_534;

/** How the user namespace of this process maps users or groups. */
export class IdMap {
  readonly #ranges: readonly (readonly [first: number, count: number])[];
  readonly #overflow: number;
  readonly #isComplete: boolean;

  /** `map`: as /proc/PID/uid_map has it; `overflow`: as /proc/sys/kernel/overflowuid has it. '' for what is not known. */
  constructor(map: string, overflow: string) {
    const lines = map.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    this.#ranges = lines.filter(({ length }) => length === 3).map(([first, , count]) => [first, count]);
    this.#overflow = overflow === '' ? DEFAULT_OVERFLOW : Number(overflow);
    this.#isComplete = this.#ranges.reduce((sum, [, count]) => sum + count, 0) >= ALL_IDS;
  }

  static ofUsers(): IdMap {
    return new IdMap(contentOf('/proc/self/uid_map'), contentOf('/proc/sys/kernel/overflowuid'));
  }

  static ofGroups(): IdMap {
    return new IdMap(contentOf('/proc/self/gid_map'), contentOf('/proc/sys/kernel/overflowgid'));
  }

  /** Whether an id may be any that has no mapping: then it says nothing. */
  isNobody(id: number): boolean {
    return id === this.#overflow && !this.#isComplete;
  }

  /** An id that is mapped and not this one, undefined when there is none. */
  other(id: number): number | undefined {
    return this.#ranges
      .flatMap(([first, count]) => [first, first + count - 1])
      .find((mapped) => mapped !== id);
  }
}

/** '' if it cannot be read. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
