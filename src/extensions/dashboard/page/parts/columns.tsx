import type { JSX } from 'preact';
import type { FlowUsage, MethodUsage } from '../../../../api/usage/schema.js';
import { type Buckets, boundText, quantileOf, quantileText, totalOf } from '../model/durations.js';
import { formatBytes, formatCount, formatRate, formatShare, shown } from '../model/format.js';
import { routeHash, type Scope } from '../model/route.js';
import { containerChoice, containerLabel } from '../model/subject.js';
import type { Counts } from '../model/window.js';
import { LatencyShape } from './sparkline.js';
import type { Column } from './table.js';
import type { Row } from './use-counted.js';

/** What counts are of. */
export type Period = 'start' | 'minute';

export const PERIODS: readonly (readonly [Period, string])[] = [
  ['start', 'Since start'],
  ['minute', 'Last minute'],
];

const NOTHING: Counts = { calls: 0, errors: 0, sendBytes: 0, recvBytes: 0 };

type AnyRow = Row<unknown>;

const countsOf = (row: AnyRow, period: Period): Counts =>
  period === 'start' ? row.counts : (row.recent?.counts ?? NOTHING);

const durationsOf = (row: AnyRow, period: Period): Buckets | undefined =>
  period === 'start' ? row.durations : row.recent?.durations;

function perSecond(row: AnyRow, of: (counts: Counts) => number): number | undefined {
  const { recent } = row;
  return recent === undefined || recent.seconds <= 0 ? undefined : of(recent.counts) / recent.seconds;
}

/** Calls, errors and durations. */
export function callColumns(period: Period): Column<AnyRow>[] {
  const errors = (row: AnyRow) => countsOf(row, period);
  return [
    {
      id: 'calls',
      title: 'Calls',
      isNumber: true,
      cell: (row) => formatCount(countsOf(row, period).calls),
      order: (row) => countsOf(row, period).calls,
    },
    {
      id: 'rate',
      title: 'Calls/s',
      hint: 'Over the last minute, or as long as this page has been open',
      isNumber: true,
      cell: (row) => formatRate(perSecond(row, ({ calls }) => calls)),
      order: (row) => perSecond(row, ({ calls }) => calls) ?? -1,
    },
    {
      id: 'errors',
      title: 'Errors',
      isNumber: true,
      cell: (row) => <Errors counts={errors(row)} />,
      order: (row) => errors(row).errors,
    },
    ...([0.5, 0.95, 0.99] as const).map(
      (q): Column<AnyRow> => ({
        id: `p${q * 100}`,
        title: `p${q * 100}`,
        hint: `How long ${q * 100}% of the calls took at most, estimated from the buckets of the histogram`,
        isNumber: true,
        ...(q === 0.95 ? {} : { isExtra: true as const }),
        cell: (row) => quantileText(durationsOf(row, period), q),
        order: (row) => quantileOf(durationsOf(row, period), q) ?? -1,
      }),
    ),
    {
      id: 'shape',
      title: 'Latency',
      hint: 'Calls by how long they took, from the shortest to the longest',
      isExtra: true,
      cell: (row) => <Shape buckets={durationsOf(row, period)} />,
    },
  ];
}

/** Bytes in both directions. */
export function byteColumns(period: Period): Column<AnyRow>[] {
  const bytes = ({ sendBytes, recvBytes }: Counts) => sendBytes + recvBytes;
  return [
    {
      id: 'traffic',
      title: 'Traffic/s',
      hint: 'Bytes in both directions, over the last minute',
      isNumber: true,
      cell: (row) => formatBytes(perSecond(row, bytes)),
      order: (row) => perSecond(row, bytes) ?? -1,
    },
    {
      id: 'sent',
      title: 'Sent',
      hint: 'Bytes from the container to the server',
      isNumber: true,
      isExtra: true,
      cell: (row) => formatBytes(countsOf(row, period).sendBytes),
      order: (row) => countsOf(row, period).sendBytes,
    },
    {
      id: 'received',
      title: 'Received',
      hint: 'Bytes from the server to the container',
      isNumber: true,
      isExtra: true,
      cell: (row) => formatBytes(countsOf(row, period).recvBytes),
      order: (row) => countsOf(row, period).recvBytes,
    },
  ];
}

export function methodColumn(): Column<Row<MethodUsage>> {
  return {
    id: 'method',
    title: 'Method',
    cell: ({ of }) => (
      <span class="two-lines">
        <a href={routeHash('overview', methodScope(of))}>{methodLabel(of)}</a>
        <span class="note">
          {of.protocol ?? 'summed'}
          {of.namespace !== undefined && ` · ${shown(of.namespace)}`}
          {of.from === 'upstream' && ' · the server calls'}
          <span class="narrow">
            {containerLabel(of.container)} → {shown(of.socket ?? 'summed')}
          </span>
        </span>
      </span>
    ),
    order: ({ of }) => of.method,
  };
}

export function methodLabel({ method }: Pick<MethodUsage, 'method'>): string {
  return method === '_OTHER' ? 'other methods' : shown(method);
}

function methodScope({ container, socket, protocol, method }: MethodUsage): Scope {
  return scopeOf({ container, socket, protocol, method });
}

export function containerColumn<T extends Pick<FlowUsage, 'container' | 'socket'>>(
  scopeFor: (of: T) => Scope,
): Column<Row<T>> {
  return {
    id: 'container',
    title: 'Container',
    cell: ({ of }) => <a href={routeHash('overview', scopeFor(of))}>{containerLabel(of.container)}</a>,
    order: ({ of }) => containerLabel(of.container),
  };
}

export function socketColumn<T extends Pick<FlowUsage, 'container' | 'socket' | 'path'>>(
  scopeFor: (of: T) => Scope,
): Column<Row<T>> {
  return {
    id: 'socket',
    title: 'Socket',
    cell: ({ of }) =>
      of.socket === undefined ? (
        <span class="note">summed</span>
      ) : (
        <a href={routeHash('overview', scopeFor(of))} title={of.path}>
          {shown(of.socket)}
        </a>
      ),
    order: ({ of }) => of.socket ?? '',
  };
}

/** A place to go to, without what is not known. */
export function scopeOf(parts: {
  readonly container?: Readonly<Record<string, string>> | undefined;
  readonly socket?: string | undefined;
  readonly protocol?: string | undefined;
  readonly method?: string | undefined;
}): Scope {
  const { container, ...rest } = parts;
  const all = { container: containerChoice(container), ...rest };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function Errors({ counts }: { readonly counts: Counts }): JSX.Element {
  const { calls, errors } = counts;
  if (errors === 0) return <span class="note">0</span>;
  return (
    <span class="errors">
      {formatCount(errors)} <span class="share">{formatShare(errors, calls)}</span>
    </span>
  );
}

function Shape({ buckets }: { readonly buckets: Buckets | undefined }): JSX.Element {
  if (buckets === undefined || totalOf(buckets) === 0) return <span class="note">–</span>;
  return <LatencyShape counts={buckets.counts} label={describe(buckets)} />;
}

/** The shape in words. */
export function describe({ boundariesMs, counts }: Buckets): string {
  const parts = counts.flatMap((count, i) => {
    if (count === 0) return [];
    const bound = boundariesMs[i];
    const range =
      bound === undefined ? `above ${boundText(boundariesMs.at(-1) ?? 0)}` : `up to ${boundText(bound)}`;
    return [`${formatCount(count)} ${range}`];
  });
  return parts.join(', ');
}
