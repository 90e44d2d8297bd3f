import type { JSX } from 'preact';
import type { History } from '../../../../api/history/schema.js';
import { totalRates } from '../model/curves.js';
import { type Buckets, quantileText, sumOf } from '../model/durations.js';
import { formatBytes, formatCount, formatRate, formatShare } from '../model/format.js';
import { type Scope, scopeQuery } from '../model/route.js';
import { Bars, Sparkline } from '../parts/sparkline.js';
import { type Row, useFlows, useMethods } from '../parts/use-counted.js';
import { usePoll } from '../parts/use-poll.js';

interface Sum {
  readonly calls: number;
  readonly errors: number;
  readonly bytes: number;
  readonly rate: number | undefined;
  readonly byteRate: number | undefined;
  readonly recentCalls: number;
  readonly recentErrors: number;
  readonly durations: Buckets | undefined;
}

/** The numbers that one looks at first. */
export function Figures({ scope }: { readonly scope: Scope }): JSX.Element {
  return scope.method === undefined ? <FlowFigures scope={scope} /> : <MethodFigures scope={scope} />;
}

function FlowFigures({ scope }: { readonly scope: Scope }): JSX.Element {
  const query = scopeQuery(scope);
  const { rows } = useFlows(`/v1/flows?by=socket&sort=bytes&limit=1000&${query}`);
  const { answer } = usePoll<History>(`/v1/history?points=60&limit=16&${query}`);
  const history = answer?.value;
  const connections = rows?.reduce((sum, { of }) => sum + of.counts.active, 0);
  const opened = rows?.reduce((sum, { of }) => sum + of.counts.opened, 0);
  const curve = (measure: 'bytes' | 'calls' | 'errors') =>
    history === undefined ? [] : totalRates(history, measure);
  return (
    <Tiles sum={rows && sumUp(rows)} curves={[curve('bytes'), curve('calls'), curve('errors')]}>
      <Tile
        title="Connections"
        value={formatCount(connections)}
        detail={`${formatCount(opened)} opened in all`}
      />
    </Tiles>
  );
}

function MethodFigures({ scope }: { readonly scope: Scope }): JSX.Element {
  const { rows } = useMethods(`/v1/methods?limit=1000&${scopeQuery(scope)}`);
  const own = rows?.filter(({ of }) => of.method === scope.method);
  return <Tiles sum={own && sumUp(own)} curves={[[], [], []]} />;
}

function Tiles(properties: {
  readonly sum: Sum | undefined;
  readonly curves: readonly [bytes: number[], calls: number[], errors: number[]];
  readonly children?: JSX.Element;
}): JSX.Element {
  const { sum, curves, children } = properties;
  const [bytes, calls, errors] = curves;
  const isBad = (sum?.recentErrors ?? 0) > 0;
  return (
    <section class="tiles" aria-label="Figures">
      <Tile
        title="Traffic"
        value={`${formatBytes(sum?.byteRate)}/s`}
        detail={`${formatBytes(sum?.bytes)} in all`}
        curve={bytes}
      />
      <Tile
        title="Calls"
        value={`${formatRate(sum?.rate)}/s`}
        detail={`${formatCount(sum?.calls)} in all`}
        curve={calls}
      />
      <Tile
        title="Errors"
        value={sum === undefined ? '–' : formatShare(sum.recentErrors, sum.recentCalls)}
        detail={`${formatCount(sum?.errors)} in all`}
        curve={errors}
        isBad={isBad}
      />
      <Tile
        title="Latency, p95"
        value={quantileText(sum?.durations, 0.95)}
        detail={`p50 ${quantileText(sum?.durations, 0.5)}, p99 ${quantileText(sum?.durations, 0.99)}`}
        {...(sum?.durations === undefined ? {} : { bars: sum.durations.counts })}
      />
      {children}
    </section>
  );
}

function Tile(properties: {
  readonly title: string;
  readonly value: string;
  readonly detail: string;
  readonly curve?: readonly number[];
  /** How many calls took how long. */
  readonly bars?: readonly number[];
  readonly isBad?: boolean;
}): JSX.Element {
  const { title, value, detail, curve, bars, isBad = false } = properties;
  return (
    <div class={`tile ${isBad ? 'bad' : ''}`}>
      <h2>{title}</h2>
      <p class="figure">{value}</p>
      <p class="note">{detail}</p>
      {curve !== undefined && <Sparkline values={curve} />}
      {bars !== undefined && <Bars values={bars} />}
    </div>
  );
}

function sumUp(rows: readonly Row<unknown>[]): Sum {
  const total = (of: (row: Row<unknown>) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  const known = rows.filter(({ recent }) => recent !== undefined && recent.seconds > 0);
  const rate = (of: (row: Row<unknown>) => number) =>
    known.length === 0 && rows.length > 0
      ? undefined
      : known.reduce((sum, row) => sum + of(row) / (row.recent?.seconds ?? 1), 0);
  const recent = rows.flatMap((row) => row.recent?.durations ?? []);
  const all = rows.flatMap((row) => row.durations ?? []);
  const lately = sumOf(recent);
  return {
    calls: total(({ counts }) => counts.calls),
    errors: total(({ counts }) => counts.errors),
    bytes: total(({ counts }) => counts.sendBytes + counts.recvBytes),
    rate: rate((row) => row.recent?.counts.calls ?? 0),
    byteRate: rate((row) => (row.recent?.counts.sendBytes ?? 0) + (row.recent?.counts.recvBytes ?? 0)),
    recentCalls: total((row) => row.recent?.counts.calls ?? 0),
    recentErrors: total((row) => row.recent?.counts.errors ?? 0),
    // Those of the last minute, if there were any.
    durations: lately?.counts.some((count) => count > 0) === true ? lately : sumOf(all),
  };
}
