import type { Cleanup } from '../support/cleanup.js';
import type { Random } from './random.js';

/** Something that reads text from outside. */
export interface TextTarget {
  /** What it is meant to read, to be damaged. */
  readonly samples: readonly string[];
  /** What damages it: pieces that mean something to its reader. */
  readonly fragments: readonly string[];
  /** @throws Error when a text makes it do what it must not do */
  check(text: string): void | Promise<void>;
}

export type OpenTarget = (cleanup: Cleanup) => TextTarget | Promise<TextTarget>;

const MUTATIONS_MAX = 5;
const SHRINK_ATTEMPTS_MAX = 400;
/** Mostly short; some go beyond every bound there is. */
const FILL_SHORT = 300;
const FILL_LONG = 140_000;

/** One of the samples, or parts of two, with something done to it. */
export function mutatedText({ samples, fragments }: TextTarget, random: Random): string {
  let text = random.oneOf(samples);
  if (random.below(6) === 0)
    text = text.slice(0, random.below(text.length + 1)) + tailOf(random.oneOf(samples), random);
  for (let count = 1 + random.below(MUTATIONS_MAX); count > 0; count--)
    text = mutated(text, fragments, random);
  return text;
}

function tailOf(text: string, random: Random): string {
  return text.slice(random.below(text.length + 1));
}

function mutated(text: string, fragments: readonly string[], random: Random): string {
  const at = random.below(text.length + 1);
  const end = at + random.below(random.oneOf([4, 40, 400]));
  const before = text.slice(0, at);
  switch (random.below(7)) {
    case 0:
      return `${before}${String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << random.below(8)))}${text.slice(at + 1)}`;
    case 1:
      return before + text.slice(end);
    case 2:
      return before + random.oneOf(fragments) + text.slice(at);
    case 3:
      return before + random.oneOf(fragments) + text.slice(end);
    case 4:
      return text.slice(0, end) + text.slice(at);
    case 5:
      return before;
    default: {
      const length = random.below(40) === 0 ? FILL_LONG : random.below(FILL_SHORT);
      const fill = random.oneOf(fragments);
      return before + fill.repeat(Math.ceil(length / Math.max(1, fill.length))) + text.slice(at);
    }
  }
}

/** A shorter text that fails as well. */
export async function shrinkText(text: string, fails: (text: string) => Promise<boolean>): Promise<string> {
  let smallest = text;
  let attempts = 0;
  for (let length = smallest.length >> 1; length > 0; length >>= 1) {
    for (let at = 0; at < smallest.length; ) {
      if (++attempts > SHRINK_ATTEMPTS_MAX) return smallest;
      const candidate = smallest.slice(0, at) + smallest.slice(at + length);
      if (await fails(candidate)) smallest = candidate;
      else at += length;
    }
  }
  return smallest;
}
