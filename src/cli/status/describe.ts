import type { AgentStatus, ConfigurationStatus, ExporterStatus, Loss } from '../../api/status-schema.js';
import { printable } from '../../values/printable.js';
import { describeDraining } from '../control/draining.js';
import { type Column, formatTable } from '../terminal/table.js';
import { formatAge, formatCount } from '../terminal/units.js';

const RECEIVERS: readonly Column[] = [
  { title: 'RECEIVER', align: 'left' },
  { title: 'THREADS', align: 'right' },
  { title: 'SOCKETS', align: 'right' },
  { title: 'DOWN', align: 'right' },
  { title: 'CONTAINERS', align: 'right' },
  { title: 'CONNS', align: 'right' },
  { title: 'SERIES', align: 'right' },
  { title: 'UNATTRIBUTED', align: 'left' },
];

const EXPORTERS: readonly Column[] = [
  { title: 'EXPORTER', align: 'left' },
  { title: 'SIGNAL', align: 'left' },
  { title: 'EXPORTED', align: 'right' },
  { title: 'FAILED', align: 'right' },
  { title: 'QUEUE', align: 'right' },
  { title: 'SUCCESS', align: 'right' },
  { title: 'FAILURE', align: 'left' },
];

const LOSSES: readonly Column[] = [
  { title: 'LOST OR REFUSED', align: 'left' },
  { title: 'REASON', align: 'left' },
  { title: 'COUNT', align: 'right' },
];

/** The status in paragraphs, in so many columns of the terminal if that can be. */
export function describeStatus(status: AgentStatus, width: number): string {
  const nowMs = Date.now();
  const { version, pid, startedMs, configuration, receivers, exporters, losses } = status;
  const head = `udscope ${printable(version)}, pid ${pid}, up ${formatAge(nowMs - startedMs)}\n`;
  const tables = [
    tableOf(RECEIVERS, receivers.map(receiverCells), width),
    tableOf(
      EXPORTERS,
      exporters.map((exporter) => exporterCells(exporter, nowMs)),
      width,
    ),
    tableOf(LOSSES, losses.map(lossCells), width),
  ];
  const draining = describeDraining(status.draining);
  const rest = draining === undefined ? '' : `draining: ${draining}\n`;
  return [head + describeConfiguration(configuration, nowMs) + rest, ...tables]
    .filter((part) => part !== '')
    .join('\n');
}

function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  return rows.length === 0 ? '' : formatTable(columns, rows, width);
}

function describeConfiguration({ files, loadedMs, lastReload }: ConfigurationStatus, nowMs: number): string {
  const ago = (timeMs: number) => `${formatAge(nowMs - timeMs)} ago`;
  const source = files.length === 0 ? 'arguments' : files.map((file) => printable(file)).join(', ');
  const loaded = loadedMs === undefined ? '' : `, loaded ${ago(loadedMs)}`;
  const line = `configuration: ${source}${loaded}\n`;
  if (lastReload === undefined) return line;
  const { timeMs, error } = lastReload;
  if (error === undefined) return `${line}last reload: ${ago(timeMs)}\n`;
  const lines = error.split('\n').map((each) => `  ${printable(each)}\n`);
  return `${line}last reload: failed ${ago(timeMs)}, nothing has changed:\n${lines.join('')}`;
}

function receiverCells(receiver: AgentStatus['receivers'][number]): string[] {
  const { id, threads, sockets, down, containers, connections, series, maxSeries } = receiver;
  return [
    id,
    ...[threads, sockets, down, containers, connections].map(formatCount),
    `${formatCount(series)}/${formatCount(maxSeries)}`,
    reasonsText(receiver.unattributed),
  ];
}

function exporterCells(exporter: ExporterStatus, nowMs: number): string[] {
  const { id, signal, exported, failed, queue, lastSuccessMs, lastFailure } = exporter;
  const lost = sumOf(failed) + (queue?.dropped ?? 0);
  return [
    id,
    signal,
    formatCount(exported),
    formatCount(lost),
    queue === undefined ? '-' : `${formatCount(queue.size)}/${formatCount(queue.capacity)}`,
    lastSuccessMs === undefined ? 'never' : `${formatAge(nowMs - lastSuccessMs)} ago`,
    lastFailure === undefined ? '-' : `${lastFailure.reason}, ${formatAge(nowMs - lastFailure.timeMs)} ago`,
  ];
}

function lossCells({ instrument, reason = '-', count }: Loss): string[] {
  return [instrument, reason, formatCount(count)];
}

function reasonsText(counts: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(counts).map(([why, count]) => `${why} ${formatCount(count)}`);
  return reasons.length === 0 ? '-' : reasons.join(', ');
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
