import { check } from './check.js';
import { Random } from './random.js';
import { shrink } from './shrink.js';
import { mutatedTraffic, type Step, stepsOf } from './traffic.js';

export interface Failure {
  /** The same seed makes the same script. */
  seed: number;
  reason: string;
  /** The shortest script found that fails. */
  steps: Step[];
}

export interface Outcome {
  scripts: number;
  failure?: Failure;
}

/** Runs scripts, each with a seed of its own from `seed` on, until one fails or `isOver`. */
export function fuzz(seed: number, isOver: (scripts: number) => boolean): Outcome {
  let scripts = 0;
  for (; !isOver(scripts); scripts++) {
    const random = new Random(seed + scripts);
    const steps = stepsOf(mutatedTraffic(random), random);
    if (reasonOf(steps) === undefined) continue;
    const smallest = shrink(steps, (candidate) => reasonOf(candidate) !== undefined);
    const reason = reasonOf(smallest) ?? 'it fails now and then';
    return { scripts, failure: { seed: seed + scripts, reason, steps: smallest } };
  }
  return { scripts };
}

function reasonOf(steps: readonly Step[]): string | undefined {
  try {
    check(steps);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
