import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { History, HistoryGroup } from '../../../../api/history/schema.js';
import { type Measure, ratesOf } from '../model/curves.js';
import { formatBytes, formatCount, formatRate, shown } from '../model/format.js';
import { routeHash, type Scope, scopeQuery } from '../model/route.js';
import { containerKey, containerLabel } from '../model/subject.js';
import { Card, Choice, Empty, Loading } from '../parts/basics.js';
import { Chart, type ChartLine, OTHERS, type Scale } from '../parts/chart.js';
import { scopeOf } from '../parts/columns.js';
import { usePoll } from '../parts/use-poll.js';

const MEASURES: readonly (readonly [Measure, string])[] = [
  ['bytes', 'Bytes'],
  ['calls', 'Calls'],
  ['errors', 'Errors'],
];

const GROUPS: readonly (readonly [HistoryGroup, string])[] = [
  ['container', 'Container'],
  ['socket', 'Socket'],
];

/** Lines that can be told apart. */
const LINES = 7;
const POINTS = 240;

/** The last hour, by container or by socket. */
export function TrafficCard({
  scope,
  isDark,
}: {
  readonly scope: Scope;
  readonly isDark: boolean;
}): JSX.Element {
  const [measure, setMeasure] = useState<Measure>('bytes');
  const [chosen, setGroup] = useState<HistoryGroup>('container');
  // One container is best told apart by its sockets, one socket by its containers.
  const by = scope.container !== undefined ? 'socket' : scope.socket !== undefined ? 'container' : chosen;
  const isFixed = scope.container !== undefined || scope.socket !== undefined;
  const { answer, refusal } = usePoll<History>(
    `/v1/history?by=${by}&limit=${LINES}&points=${POINTS}&${scopeQuery(scope)}`,
  );
  const tools = (
    <>
      <Choice label="Measure" options={MEASURES} value={measure} choose={setMeasure} />
      {!isFixed && <Choice label="Drawn by" options={GROUPS} value={chosen} choose={setGroup} />}
    </>
  );
  return (
    <Card title="Last hour" id="traffic" tools={tools} note={noteOf(answer?.value)} class="traffic">
      {refusal !== undefined && <Empty title={refusal} />}
      {refusal === undefined && answer === undefined && <Loading rows={6} />}
      {answer !== undefined && (
        <Curves history={answer.value} measure={measure} by={by} scope={scope} isDark={isDark} />
      )}
    </Card>
  );
}

function noteOf(history: History | undefined): string {
  if (history === undefined || history.unchosen === 0) return 'each second, stacked';
  return `each second, stacked; ${formatCount(history.unchosen)} quieter pairs of container and socket are summed`;
}

function Curves(properties: {
  readonly history: History;
  readonly measure: Measure;
  readonly by: HistoryGroup;
  readonly scope: Scope;
  readonly isDark: boolean;
}): JSX.Element {
  const { history, measure, by, scope, isDark } = properties;
  const lines = useMemo(() => linesOf(history, measure, by, scope), [history, measure, by]);
  const scale = measure === 'bytes' ? BYTES : THINGS;
  if (history.endsMs.length === 0) {
    return (
      <Empty title="The first point comes in a few seconds">
        The agent remembers the last hour since it started.
      </Empty>
    );
  }
  if (lines.every(({ rates }) => rates.every((rate) => rate === 0))) {
    return <Empty title={`No ${measure} in the last hour`} />;
  }
  return (
    <Chart label={labelOf(lines, measure, scale)} {...{ endsMs: history.endsMs, lines, scale, isDark }} />
  );
}

const ORDERS = Array.from({ length: 6 }, (_, i) => i);

const BYTES: Scale = {
  format: (value) => `${formatBytes(value)}/s`,
  steps: ORDERS.flatMap((order) => Array.from({ length: 10 }, (_, i) => 2 ** i * 1024 ** order)),
};

const THINGS: Scale = {
  format: (value) => `${formatRate(value)}/s`,
  steps: [0.01, 0.1, ...ORDERS.map((order) => 10 ** order)].flatMap((step) => [step, 2 * step, 5 * step]),
};

function linesOf(
  { lines, others, seconds }: History,
  measure: Measure,
  by: HistoryGroup,
  scope: Scope,
): ChartLine[] {
  const own = lines.map((line): ChartLine => {
    const { container, socket, path } = line;
    const isContainer = by === 'container';
    return {
      key: isContainer ? containerKey(container) : JSON.stringify([socket, path]),
      label: isContainer ? containerLabel(container) : shown(socket ?? 'summed'),
      href: routeHash('overview', { ...scope, ...scopeOf({ container, socket }) }),
      rates: ratesOf(line, measure, seconds),
    };
  });
  if (others === undefined) return own;
  return [...own, { key: OTHERS, label: 'others', rates: ratesOf(others, measure, seconds) }];
}

/** The chart in a sentence. */
function labelOf(lines: readonly ChartLine[], measure: Measure, { format }: Scale): string {
  const now = lines.map(({ label, rates }) => `${label} ${format(rates.at(-1) ?? 0)}`);
  return `${measure} of the last hour. Now: ${now.join(', ')}`;
}
