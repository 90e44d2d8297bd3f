import { type AgentStatus, agentStatusSchema } from '../api/status-schema.js';
import { printable, printableJson } from '../values/printable.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { runCommand } from './control/run-command.js';
import { type Column, formatTable } from './terminal/table.js';
import { formatAge, formatCount } from './terminal/units.js';
import { terminalWidth } from './terminal/width.js';

export interface StatusOptions extends ControlOptions {
  json?: boolean;
}

/** Shows the status of a running agent. */
export async function status(options: StatusOptions): Promise<void> {
  await runCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal);
    const answer = await client.get('/v1/status', agentStatusSchema);
    process.stdout.write(options.json === true ? `${printableJson(answer)}\n` : describe(answer));
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'RECEIVER', align: 'left' },
  { title: 'THREADS', align: 'right' },
  { title: 'SOCKETS', align: 'right' },
  { title: 'CONTAINERS', align: 'right' },
  { title: 'CONNS', align: 'right' },
  { title: 'SERIES', align: 'right' },
  { title: 'UNATTRIBUTED', align: 'left' },
];

function describe({ version, pid, startedMs, receivers }: AgentStatus): string {
  const head = `udscope ${printable(version)}, pid ${pid}, up ${formatAge(Date.now() - startedMs)}\n`;
  return receivers.length === 0
    ? head
    : `${head}\n${formatTable(COLUMNS, receivers.map(cells), terminalWidth())}`;
}

function cells(receiver: AgentStatus['receivers'][number]): string[] {
  const { id, threads, sockets, containers, connections, series, maxSeries } = receiver;
  const reasons = Object.entries(receiver.unattributed).map(([why, count]) => `${why} ${formatCount(count)}`);
  return [
    id,
    ...[threads, sockets, containers, connections].map(formatCount),
    `${formatCount(series)}/${formatCount(maxSeries)}`,
    reasons.length === 0 ? '-' : reasons.join(', '),
  ];
}
