/**
 * The product's receiver with its relay thread on one processor, and the enrich thread with the rest of the
 * process on another. Arguments: the path to listen on, the path to connect to, what is captured (JSON of a
 * capture processor, or `null`), the relay thread's processor, the other one.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { argv, exit, pid } from 'node:process';
import { pino } from 'pino';
import { Containers } from '../../src/identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import { captureProcessorSchema } from '../../src/processors/capture/config.js';
import { captureSettings } from '../../src/processors/capture/settings-of.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  CALLS_DECODED,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { RECV_OPS, SEND_OPS } from '../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { UdsReceiver } from '../../src/receivers/uds/receiver.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { LIMITS } from '../../test/processors/enrich/support/messages.js';

/** What the relay has done since its start. */
export interface CapturedCounts {
  sendOps: number;
  recvOps: number;
  calls: number;
  /** CPU time of the relay thread alone, in ns. */
  relayCpuNs: number;
}

const [, , listen, upstream, capture, relayCpu, otherCpu] = argv;
const limits = { maxSeries: 1000, lingerMs: 0 };
const logger = pino({ level: 'silent' });
const enrichThread = new EnrichThread(logger);
const observer = enrichThread.channel(
  {
    protocols: ['jsonrpc'],
    methods: { known: [], max: 200 },
    routes: [],
    latency: true,
    payload: 'none',
    spanRatio: 0,
    logs: false,
    receiver: 'uds',
    limits: LIMITS,
  },
  {
    calls: new SeriesTable(CALL_INSTRUMENTS, limits),
    methods: new SeriesTable(METHOD_INSTRUMENTS, limits),
    losses: new SeriesTable(LOSS_INSTRUMENTS, limits),
    spans: () => {},
    logs: () => {},
  },
);
const config: unknown = JSON.parse(capture);
const settings =
  config === null ? undefined : captureSettings('capture', captureProcessorSchema.parse(config), undefined);

const threadIds = () => readdirSync(`/proc/${pid}/task`);
const place = (threadId: string, cpu: string) => execFileSync('taskset', ['-p', '-c', cpu, threadId]);
const before = new Set(threadIds());
const table = new SeriesTable(UDS_INSTRUMENTS, limits);
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
const receiverConfig = udsReceiverSchema.parse({ threads: 1, sockets: [{ listen, upstream, mode: '0600' }] });
const change = await receiver.prepare({
  config: receiverConfig,
  attributes: [],
  capture: () => (settings === undefined ? undefined : { settings, observer }),
});
await change.commit();
// The threads that came with the receiver are the relay's.
const relayThreads = threadIds().filter((threadId) => !before.has(threadId));
for (const threadId of threadIds()) place(threadId, relayThreads.includes(threadId) ? relayCpu : otherCpu);

process.on('message', () => {
  const [{ totals }] = table.readings();
  const cpu = (threadId: string) =>
    Number.parseInt(readFileSync(`/proc/${pid}/task/${threadId}/schedstat`, 'utf8'), 10);
  const counts: CapturedCounts = {
    sendOps: totals[SEND_OPS],
    recvOps: totals[RECV_OPS],
    calls: enrichThread.healthTable.readings()[0]?.totals[CALLS_DECODED] ?? 0,
    relayCpuNs: relayThreads.map(cpu).reduce((a, b) => a + b, 0),
  };
  process.send?.(counts);
});
process.on('SIGTERM', () => exit());
process.on('disconnect', () => exit());
process.send?.('ready');
