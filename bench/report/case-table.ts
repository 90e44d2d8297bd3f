import type { Figure, Sample } from '../cases/case.js';
import { median, medianRatio } from '../measure/statistics.js';
import type { CaseResult, Series } from '../rounds.js';
import { alignedTable } from './table.js';

/** The subject the others are compared with; without it, there are no ratios. */
const REFERENCE = 'udscope';
const NOTHING = '-';

/** A figure's values, or nothing when it does not apply to the subject. */
export function valuesOf(
  series: { readonly samples: readonly Sample[] } | undefined,
  key: string,
): number[] | undefined {
  const values = series?.samples.map((sample) => sample[key]) ?? [];
  return values.length > 0 && values.every((value) => value !== undefined) ? values : undefined;
}

/**
 * One line for each subject: for each figure the median, its range, and its ratio to udscope's; for context figures
 * the median only.
 */
export function caseTable({ case: { name, title, figures }, series }: CaseResult): string {
  const reference = series.find((one) => one.name === REFERENCE);
  const heading = ['', ...figures.flatMap((figure) => headings(figure))];
  const rows = series.map((one) => [one.name, ...figures.flatMap((figure) => cells(figure, one, reference))]);
  return `${name}: ${title}\n${alignedTable([heading, ...rows])}\n`;
}

function headings({ title, isContext }: Figure): string[] {
  return isContext ? [title] : [title, 'min-max', 'ratio'];
}

function cells({ key, digits, isContext }: Figure, series: Series, reference: Series | undefined): string[] {
  const values = valuesOf(series, key);
  if (values === undefined) return isContext ? [NOTHING] : [NOTHING, '', ''];
  const text = (value: number) => value.toFixed(digits);
  if (isContext) return [text(median(values))];
  const others = valuesOf(reference, key);
  const ratio = others === undefined ? '' : medianRatio(values, others).toFixed(2);
  return [text(median(values)), `${text(Math.min(...values))}-${text(Math.max(...values))}`, ratio];
}
