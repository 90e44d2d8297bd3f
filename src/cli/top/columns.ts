import { formatBytes, formatCount, formatDuration } from '../terminal/units.js';
import { meanOf, quantileOf, quantileText, sparkline } from './figures.js';
import type { Sample } from './sampler.js';
import type { Order } from './words.js';

export interface TopColumn {
  readonly title: string;
  readonly text: (sample: Sample) => string;
  /** Of numbers, which are aligned to the right. Names share what is left of a line. */
  readonly width?: number;
  /** Columns with a rank are left out where the terminal is too narrow, the lowest rank first. */
  readonly rank?: number;
  /** What a line is ordered by when it is ordered by this column. */
  readonly order?: Order;
}

/** Names. */
export const CONTAINER: TopColumn = {
  title: 'CONTAINER',
  text: ({ scope }) => scope.container?.label ?? '-',
  order: 'name',
};
export const SOCKET: TopColumn = { title: 'SOCKET', text: ({ scope }) => scope.socket ?? '-', order: 'name' };
export const PROTOCOL: TopColumn = { title: 'PROTOCOL', text: ({ scope }) => scope.protocol ?? '-', rank: 2 };
export const PROTOCOLS: TopColumn = {
  ...PROTOCOL,
  text: ({ json: { protocols } }) =>
    Array.isArray(protocols) && protocols.length > 0 ? protocols.join(' ') : '-',
};
export const METHOD: TopColumn = {
  title: 'METHOD',
  text: ({ scope, from }) => `${from === 'upstream' ? '← ' : ''}${scope.method ?? '-'}`,
  order: 'name',
};

const rate =
  (of: (rates: NonNullable<Sample['rates']>) => number, format: (value: number) => string) =>
  ({ rates }: Sample): string =>
    rates === undefined ? '-' : format(of(rates));

/** What is measured. */
export const FIGURES: readonly TopColumn[] = [
  { title: 'CALLS/S', width: 8, order: 'calls', text: rate(({ calls }) => calls, formatCount) },
  { title: 'ERR/S', width: 6, order: 'errors', text: rate(({ errors }) => errors, formatCount) },
  { title: 'UNKN/S', width: 7, rank: 1, order: 'unknown', text: rate(({ unknown }) => unknown, formatCount) },
  { title: 'BYTES/S', width: 8, rank: 7, order: 'bytes', text: rate((rates) => bytesOf(rates), formatBytes) },
  { title: 'AVG', width: 7, rank: 3, order: 'mean', text: meanText },
  { title: 'P50', width: 7, rank: 4, order: 'p50', text: ({ interval }) => quantileText(interval, 0.5) },
  { title: 'P95', width: 7, rank: 6, order: 'p95', text: ({ interval }) => quantileText(interval, 0.95) },
  { title: 'P99', width: 7, rank: 8, order: 'p99', text: ({ interval }) => quantileText(interval, 0.99) },
  { title: 'TREND', width: 8, rank: 5, text: ({ trend }) => sparkline(trend) },
];

/** What a line is ordered by; undefined where it is not known. */
export function figureOf({ rates, interval }: Sample, order: Exclude<Order, 'name'>): number | undefined {
  switch (order) {
    case 'bytes':
      return rates && bytesOf(rates);
    case 'mean':
      return meanOf(interval);
    case 'p50':
      return quantileOf(interval, 0.5);
    case 'p95':
      return quantileOf(interval, 0.95);
    case 'p99':
      return quantileOf(interval, 0.99);
    default:
      return rates?.[order];
  }
}

export function bytesOf({ sendBytes, recvBytes }: { sendBytes: number; recvBytes: number }): number {
  return sendBytes + recvBytes;
}

function meanText({ interval }: Sample): string {
  const mean = meanOf(interval);
  return mean === undefined ? '-' : formatDuration(mean);
}
