/**
 * The product's relay thread in a process that also has 10,000 series and serves them to Prometheus. The
 * relay thread shares its processor with the load; the rest of the process, with the scrape, has the other one.
 * Arguments: the path to listen on, the path to connect to, the processor of the load, the other one.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { argv, exit, pid } from 'node:process';
import { emptyResource } from '@opentelemetry/resources';
import { pino } from 'pino';
import { ExportHealth, ExportHealthTables } from '../../src/exporters/health.js';
import { prometheusExporterSchema } from '../../src/exporters/prometheus/config.js';
import { createPrometheusExporter } from '../../src/exporters/prometheus/index.js';
import { Containers } from '../../src/identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import { udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { OPENED, ROW_WIDTH, SEND_BYTES } from '../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { UdsReceiver } from '../../src/receivers/uds/receiver.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';

const SERIES = 10_000;

export type ScrapedRelayMessage = { type: 'ready'; url: string };

const [, , listen, upstream, loadCpu, otherCpu] = argv;
const table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: SERIES * 2, lingerMs: 0 });
for (let i = 1; i < SERIES; i++) {
  const attributes = {
    'uds.socket.name': 'geth',
    'uds.socket.path': '/run/geth.ipc',
    'container.id': `${i}`,
  };
  const row = new Float64Array(ROW_WIDTH);
  // No errors: they would be further data points, and most series have none.
  for (let column = SEND_BYTES; column <= OPENED; column++) row[column] = i * (column + 1);
  table.open(attributes).attach([row]);
}

const threadIds = () => readdirSync(`/proc/${pid}/task`);
const place = (threadId: string, cpu: string) => execFileSync('taskset', ['-p', '-c', cpu, threadId]);

const logger = pino({ level: 'silent' });
const exporter = createPrometheusExporter(prometheusExporterSchema.parse({ endpoint: 'localhost:0' }), {
  id: 'prometheus',
  source: { tables: [table], spans: [], logs: [], scope: { name: 'udscope' }, resource: emptyResource() },
  logger,
  health: new ExportHealth(new ExportHealthTables(), 'prometheus'),
});
await exporter.start();

const before = new Set(threadIds());
const fatal = (error: unknown) => {
  throw error;
};
const receiver = new UdsReceiver({
  id: 'uds',
  table,
  attribution: new SeriesTable(ATTRIBUTION_INSTRUMENTS, { maxSeries: 10, lingerMs: 0 }),
  containers: new Containers(),
  logger,
  fatal,
});
const config = udsReceiverSchema.parse({ threads: 1, sockets: [{ listen, upstream, mode: '0600' }] });
await (await receiver.prepare({ config, attributes: [] })).commit();
// The threads that came with the receiver are the relay's; everything else moves to the free processor.
for (const threadId of threadIds()) place(threadId, before.has(threadId) ? otherCpu : loadCpu);

process.on('SIGTERM', () => exit());
process.on('disconnect', () => exit());
const address = exporter.address;
if (address === undefined) throw new Error('the exporter has started without an address');
const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
const ready: ScrapedRelayMessage = { type: 'ready', url: `http://${host}:${address.port}/metrics` };
process.send?.(ready);
