import type { Curves, History } from '../../../../api/history/schema.js';

/** What a chart can show, in each second. */
export const MEASURES = ['bytes', 'calls', 'errors'] as const;

export type Measure = (typeof MEASURES)[number];

/** What each interval of a line has of a measure, in each second of it. */
export function ratesOf(curves: Curves, measure: Measure, seconds: readonly number[]): number[] {
  return seconds.map((length, i) => (length > 0 ? countOf(curves, measure, i) / length : 0));
}

/** Everything together. */
export function totalRates({ lines, others, seconds }: History, measure: Measure): number[] {
  const all = [...lines, ...(others === undefined ? [] : [others])].map((each) =>
    ratesOf(each, measure, seconds),
  );
  return seconds.map((_, i) => all.reduce((sum, rates) => sum + rates[i]!, 0));
}

/** Each line on top of those before it. */
export function stacked(lines: readonly (readonly number[])[]): number[][] {
  const sums: number[][] = [];
  for (const line of lines) {
    const below = sums.at(-1);
    sums.push(line.map((value, i) => value + (below?.[i] ?? 0)));
  }
  return sums;
}

function countOf({ sendBytes, recvBytes, calls, errors }: Curves, measure: Measure, i: number): number {
  if (measure === 'bytes') return sendBytes[i]! + recvBytes[i]!;
  return (measure === 'calls' ? calls : errors)[i]!;
}
