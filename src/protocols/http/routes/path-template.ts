/** So many segments of a path are matched; what has more is none that a template describes. */
export const SEGMENTS_MAX = 32;

/** What is matched takes longer by the number of segments for each placeholder that may hold slashes. */
const MANY_MAX = 2;

/** A part of a template: a text that stands there, one segment of a path, or any number of them. */
type Part = string | typeof ONE | typeof MANY;
const ONE = Symbol('one segment');
const MANY = Symbol('one segment or more');

/** A path with placeholders: `/containers/{id}/json`, or with one that may hold slashes: `/images/{name...}/json`. */
export class PathTemplate {
  /** As it is shown. */
  readonly text: string;
  readonly #parts: readonly Part[];

  constructor(written: string) {
    this.text = written.replaceAll('...}', '}');
    this.#parts = segmentsOf(written).map(partOf);
  }

  /** What the first segment of its paths is; undefined: anything. */
  get firstSegment(): string | undefined {
    const [first] = this.#parts;
    return typeof first === 'string' ? first : undefined;
  }

  /** Of two that match a path, the one is meant that comes first by this: where they differ first, it has a text. */
  compare(other: PathTemplate): number {
    const length = Math.max(this.#parts.length, other.#parts.length);
    for (let i = 0; i < length; i++) {
      const difference = rank(this.#parts[i]) - rank(other.#parts[i]);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  matches(segments: readonly string[]): boolean {
    return this.#matchesFrom(0, segments, 0);
  }

  #matchesFrom(part: number, segments: readonly string[], segment: number): boolean {
    const parts = this.#parts;
    let i = part;
    let at = segment;
    for (; i < parts.length; i++, at++) {
      const wanted = parts[i];
      if (wanted === MANY) return this.#matchesMany(i + 1, segments, at);
      if (at === segments.length) return false;
      if (wanted === ONE ? segments[at] === '' : wanted !== segments[at]) return false;
    }
    return at === segments.length;
  }

  /** A name takes as many segments as it can: what follows it may be part of another. */
  #matchesMany(part: number, segments: readonly string[], from: number): boolean {
    if (segments[from] === '') return false;
    for (let to = segments.length; to > from; to--) {
      if (this.#matchesFrom(part, segments, to)) return true;
    }
    return false;
  }
}

/** What stands between the slashes of a path, behind the first. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

/** Whether a text is a template: a path, in which a placeholder is a whole segment. */
export function isPathTemplate(text: string): boolean {
  const isPart = (part: string) => /^(?:[^{}\s?#]*|\{[A-Za-z_][\w-]*(?:\.\.\.)?\})$/.test(part);
  const parts = segmentsOf(text);
  const many = parts.filter((part) => part.endsWith('...}')).length;
  return text.startsWith('/') && parts.length <= SEGMENTS_MAX && many <= MANY_MAX && parts.every(isPart);
}

function partOf(segment: string): Part {
  if (!segment.startsWith('{')) return segment;
  return segment.endsWith('...}') ? MANY : ONE;
}

function rank(part: Part | undefined): number {
  if (typeof part === 'string') return 0;
  if (part === ONE) return 1;
  return part === MANY ? 2 : 3;
}
