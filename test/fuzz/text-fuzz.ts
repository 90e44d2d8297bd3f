import { Random } from './random.js';
import { mutatedText, shrinkText, type TextTarget } from './text-target.js';

export interface TextOutcome {
  readonly texts: number;
  readonly failure?: {
    /** The same seed makes the same text. */
    readonly seed: number;
    readonly reason: string;
    /** The shortest text found that fails. */
    readonly text: string;
  };
}

/** Shows texts to a target, each with a seed of its own from `seed` on, until one fails or `isOver`. */
export async function fuzzText(
  target: TextTarget,
  seed: number,
  isOver: (texts: number) => boolean,
): Promise<TextOutcome> {
  let texts = 0;
  for (; !isOver(texts); texts++) {
    const text = mutatedText(target, new Random(seed + texts));
    if ((await reasonOf(target, text)) === undefined) continue;
    const smallest = await shrinkText(text, async (other) => (await reasonOf(target, other)) !== undefined);
    const reason = (await reasonOf(target, smallest)) ?? 'it fails now and then';
    return { texts, failure: { seed: seed + texts, reason, text: smallest } };
  }
  return { texts };
}

async function reasonOf(target: TextTarget, text: string): Promise<string | undefined> {
  try {
    await target.check(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
