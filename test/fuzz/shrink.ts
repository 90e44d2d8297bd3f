import type { Step } from './traffic.js';

const ATTEMPTS_MAX = 3000;

/** A smaller script that fails as well: steps are left out, and the bytes of the others are made fewer. */
export function shrink(steps: readonly Step[], fails: (steps: readonly Step[]) => boolean): Step[] {
  let smallest = [...steps];
  let attempts = 0;
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false;
    for (const candidate of smaller(smallest)) {
      if (++attempts > ATTEMPTS_MAX) return smallest;
      if (!fails(candidate)) continue;
      smallest = candidate;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

function* smaller(steps: readonly Step[]): Generator<Step[]> {
  for (let i = 0; i < steps.length; i++) yield steps.filter((_, index) => index !== i);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (!('data' in step)) continue;
    for (let length = step.data.length >> 1; length > 0; length >>= 1) {
      for (let at = 0; at < step.data.length; at += length) {
        const data = step.data.slice(0, at) + step.data.slice(at + length);
        if (data !== '') yield steps.map((other, index) => (index === i ? { ...step, data } : other));
      }
    }
  }
}
