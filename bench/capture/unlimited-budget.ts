import { FramingBudget } from '../../src/processors/capture/framing-budget.js';

/** A budget for framing that is never used up: its clock runs too fast for that. */
export function unlimitedBudget(): FramingBudget {
  let nowMs = 0;
  return new FramingBudget(() => {
    nowMs += 1000;
    return nowMs;
  });
}
