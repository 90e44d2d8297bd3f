/**
 * The product's receiver with its relay thread on one processor, and the enrich thread with the rest of the
 * process on another. Arguments: the path to listen on, the path to connect to, what is captured (JSON of a
 * capture processor, or `null`), the relay thread's processor, the other one.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { argv, exit, pid } from 'node:process';
import { CALLS_DECODED } from '../../src/processors/enrich/instruments.js';
import { RECV_OPS, SEND_OPS } from '../../src/receivers/uds/counters.js';
import { observe } from './observed-receiver.js';

/** What the relay has done since its start. */
export interface CapturedCounts {
  sendOps: number;
  recvOps: number;
  calls: number;
  /** CPU time of the relay thread alone, in ns. */
  relayCpuNs: number;
}

const [, , listen, upstream, capture, relayCpu, otherCpu] = argv;
const threadIds = () => readdirSync(`/proc/${pid}/task`);
const nameOf = (threadId: string) => readFileSync(`/proc/${pid}/task/${threadId}/comm`, 'utf8').trimEnd();
const place = (threadId: string, cpu: string) => execFileSync('taskset', ['-p', '-c', cpu, threadId]);

const { table, enrichThread } = await observe({
  ...{ listen, upstream, capture: JSON.parse(capture), attributes: [] },
});
const relayThreads = threadIds().filter((threadId) => nameOf(threadId) === 'udscope-relay');
if (relayThreads.length !== 1) throw new Error(`there are ${relayThreads.length} relay threads`);
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
