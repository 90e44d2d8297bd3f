import type { JSX } from 'preact';
import { lossAdvice } from '../../../../api/loss-advice.js';
import type { SocketStatus } from '../../../../api/socket-schema.js';
import type { AgentStatus, ExporterStatus, Loss } from '../../../../api/status-schema.js';
import { formatAge, formatCount, shown, shownLines } from '../model/format.js';
import { Badge, Card, Empty, Loading, Well } from '../parts/basics.js';
import { type Column, Table } from '../parts/table.js';
import { usePoll } from '../parts/use-poll.js';

/** Sockets that clients do not reach, of which there may be many. */
const MAX_SOCKETS = 100;

/** How the agent is: what was lost, what is exported, what is relayed. */
export function HealthView(): JSX.Element {
  const { answer, refusal } = usePoll<AgentStatus>('/v1/status');
  return (
    <>
      <h1>Health</h1>
      {refusal !== undefined && <Empty title={refusal} />}
      {refusal === undefined && answer === undefined && <Loading rows={8} />}
      {answer !== undefined && <Health status={answer.value} />}
    </>
  );
}

function Health({ status }: { readonly status: AgentStatus }): JSX.Element {
  const { losses, exporters, receivers } = status;
  return (
    <>
      <Card title="Lost, refused or not understood" id="losses" note="traffic goes on whatever is lost here">
        {losses.length === 0 ? (
          <Well>Nothing was lost</Well>
        ) : (
          <Table
            caption="Lost, refused or not understood"
            rows={losses.map((loss) => ({ ...loss, key: JSON.stringify([loss.instrument, loss.reason]) }))}
            columns={LOSSES}
            sortedBy="count"
          />
        )}
      </Card>
      <Card title="Exporters" id="exporters">
        {exporters.length === 0 ? (
          <Empty title="Nothing is exported" />
        ) : (
          <Table
            caption="Exporters"
            rows={exporters.map((exporter) => ({ ...exporter, key: `${exporter.id} ${exporter.signal}` }))}
            columns={EXPORTERS}
            sortedBy="exported"
          />
        )}
      </Card>
      <Card title="Receivers" id="receivers">
        <Table
          caption="Receivers"
          rows={receivers.map((each) => ({ ...each, key: each.id }))}
          columns={RECEIVERS}
          sortedBy="connections"
        />
      </Card>
      <SocketsCard />
      <ConfigurationCard status={status} />
    </>
  );
}

const LOSSES: readonly Column<Loss & { readonly key: string }>[] = [
  {
    id: 'what',
    title: 'What',
    cell: (loss) => {
      const advice = lossAdvice(loss);
      return (
        <span class="two-lines">
          <span>
            <code>{loss.instrument}</code>{' '}
            {loss.reason !== undefined && <Badge kind="plain">{shown(loss.reason)}</Badge>}
          </span>
          {advice !== undefined && (
            <span class="note">
              {advice.symptom}. <strong>{advice.remedy}</strong>
            </span>
          )}
        </span>
      );
    },
    order: ({ instrument }) => instrument,
  },
  {
    id: 'count',
    title: 'Count',
    isNumber: true,
    cell: ({ count }) => formatCount(count),
    order: ({ count }) => count,
  },
];

type ExporterRow = ExporterStatus & { readonly key: string };

const lostOf = ({ failed, queue }: ExporterStatus) =>
  Object.values(failed).reduce((sum, count) => sum + count, queue?.dropped ?? 0);

const EXPORTERS: readonly Column<ExporterRow>[] = [
  {
    id: 'id',
    title: 'Exporter',
    cell: ({ id, signal }) => (
      <span class="two-lines">
        <span>{id}</span>
        <span class="note">{signal}</span>
      </span>
    ),
    order: ({ id }) => id,
  },
  { id: 'state', title: 'State', cell: (exporter) => <ExporterState exporter={exporter} /> },
  {
    id: 'exported',
    title: 'Exported',
    isNumber: true,
    cell: ({ exported }) => formatCount(exported),
    order: ({ exported }) => exported,
  },
  { id: 'lost', title: 'Lost', isNumber: true, cell: (each) => formatCount(lostOf(each)), order: lostOf },
  {
    id: 'queue',
    title: 'Queue',
    isNumber: true,
    isExtra: true,
    cell: ({ queue }) =>
      queue === undefined ? '–' : `${formatCount(queue.size)} of ${formatCount(queue.capacity)}`,
  },
];

function ExporterState({ exporter }: { readonly exporter: ExporterStatus }): JSX.Element {
  const { lastSuccessMs, lastFailure } = exporter;
  const ago = (ms: number) => `${formatAge(Date.now() - ms)} ago`;
  const isFailing = lastFailure !== undefined && lastFailure.timeMs > (lastSuccessMs ?? 0);
  if (isFailing) {
    return (
      <span>
        <Badge kind="bad">{shown(lastFailure.reason)}</Badge> {ago(lastFailure.timeMs)}
      </span>
    );
  }
  if (lastSuccessMs === undefined) return <Badge kind="plain">nothing sent yet</Badge>;
  return (
    <span>
      <Badge kind="ok">ok</Badge> {ago(lastSuccessMs)}
    </span>
  );
}

type Receiver = AgentStatus['receivers'][number] & { readonly key: string };

const RECEIVERS: readonly Column<Receiver>[] = [
  { id: 'id', title: 'Receiver', cell: ({ id }) => id, order: ({ id }) => id },
  ...(
    [
      ['threads', 'Threads', true],
      ['sockets', 'Sockets', false],
      ['down', 'Down', false],
      ['containers', 'Containers', true],
      ['connections', 'Connections', false],
    ] as const
  ).map(
    ([id, title, isExtra]): Column<Receiver> => ({
      id,
      title,
      isNumber: true,
      ...(isExtra ? { isExtra: true as const } : {}),
      cell: (receiver) => formatCount(receiver[id]),
      order: (receiver) => receiver[id],
    }),
  ),
  {
    id: 'series',
    title: 'Series',
    isNumber: true,
    isExtra: true,
    cell: ({ series, maxSeries }) => `${formatCount(series)} of ${formatCount(maxSeries)}`,
    order: ({ series }) => series,
  },
];

const APPEARANCES = {
  shown: 'clients reach it',
  refusing: 'its upstream is down: clients are refused',
  absent: 'its upstream is not there, so neither is the socket',
} as const;

/** Those that clients do not reach, and how many they do. */
function SocketsCard(): JSX.Element {
  const { answer } = usePoll<readonly SocketStatus[]>('/v1/sockets');
  const down =
    answer?.value.filter(({ appearance, problem }) => appearance !== 'shown' || problem !== undefined) ?? [];
  const up = (answer?.value.length ?? 0) - down.length;
  return (
    <Card
      title="Relay sockets"
      id="sockets"
      note={answer && `${formatCount(up)} reachable, ${formatCount(down.length)} not`}
    >
      {answer === undefined && <Loading rows={2} />}
      {answer !== undefined && down.length === 0 && <Well>Clients reach every relay socket</Well>}
      <ul class="plain-list">
        {down.slice(0, MAX_SOCKETS).map(({ name, listen, upstream, appearance, problem }) => (
          <li key={listen}>
            <Badge kind="warn">{appearance}</Badge> <strong>{shown(name)}</strong>{' '}
            <code>{shown(listen)}</code>
            <p class="note">
              {problem === undefined ? APPEARANCES[appearance] : shown(problem)} (upstream {shown(upstream)})
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ConfigurationCard({ status }: { readonly status: AgentStatus }): JSX.Element {
  const { files, loadedMs, lastReload } = status.configuration;
  const ago = (ms: number) => `${formatAge(Date.now() - ms)} ago`;
  return (
    <Card
      title="Configuration"
      id="loaded"
      note={loadedMs === undefined ? undefined : `loaded ${ago(loadedMs)}`}
    >
      <ul class="plain-list">
        {files.length === 0 && <li>from arguments only</li>}
        {files.map((file) => (
          <li key={file}>
            <code>{shown(file)}</code>
          </li>
        ))}
        {lastReload?.error !== undefined && (
          <li>
            <Badge kind="bad">reload failed</Badge> {ago(lastReload.timeMs)}; nothing has changed:
            <pre class="command">{shownLines(lastReload.error)}</pre>
          </li>
        )}
      </ul>
    </Card>
  );
}
