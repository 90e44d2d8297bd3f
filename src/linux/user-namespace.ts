import { readFileSync } from 'node:fs';

/** Number of ids: all values of uid_t and gid_t except -1. */
const ALL_IDS = 2 ** 32 - 1;

/** Default id that unmapped ids are shown as (user_namespaces(7)). */
const DEFAULT_OVERFLOW = 65_534;

/** The mapping of users or groups in this process's user namespace. */
export class IdMap {
  readonly #ranges: readonly (readonly [first: number, count: number])[];
  readonly #overflow: number;
  readonly #isComplete: boolean;

  /** `map`: content of /proc/PID/uid_map; `overflow`: content of /proc/sys/kernel/overflowuid. Empty if unknown. */
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

  /** Whether `id` is the overflow id, which may stand for any unmapped one. */
  isNobody(id: number): boolean {
    return id === this.#overflow && !this.#isComplete;
  }

  /** A mapped id other than `id`; undefined if there is none. */
  other(id: number): number | undefined {
    return this.#ranges
      .flatMap(([first, count]) => [first, first + count - 1])
      .find((mapped) => mapped !== id);
  }
}

/** Empty if the file cannot be read. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
