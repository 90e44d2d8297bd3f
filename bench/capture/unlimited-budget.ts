import { FramingBudget } from '../../src/processors/capture/framing-budget.js';

/** A framing budget that never runs out, because its clock runs too fast. */
export function unlimitedBudget(): FramingBudget {
  let nowMs = 0;
  return new FramingBudget(() => {
    nowMs += 1000;
    return nowMs;
  });
}
