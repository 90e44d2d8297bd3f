/**
 * `node dist/bench/monitor/main.js`: the cost of a call of the library's Monitor, on one core, beside the estimate for
 * the same calls inside gVisor's sentry. Medians; the machine should have nothing else to do.
 */
import { stdout } from 'node:process';
import { Monitor, type MonitorOptions } from '../../src/index.js';
import { nsEach } from '../decode/measure.js';
import { alignedTable } from '../report/table.js';

const CONTAINER = 'c1';
const SOCKET = '/run/service.sock';
const HEAD_BYTES = 512;
const SIZES = [64, 512, 1024, 10 * 1024, 64 * 1024];

/** By size. */
const SENTRY_SENDS = new Map([
  [64, '2 to 5 µs'],
  [512, '2 to 5 µs'],
  [1024, '5 to 20 µs'],
  [10 * 1024, '5 to 20 µs'],
  [64 * 1024, 'over 20 µs'],
]);

const payload = (size: number) => new Uint8Array(size).fill(0x7b);

function monitored(strategy: MonitorOptions['strategy']) {
  const monitor = new Monitor({ ...(strategy === undefined ? {} : { strategy }) });
  return { monitor, socket: monitor.register({ containerId: CONTAINER, socketPath: SOCKET }) };
}

function disabledRow(): string[] {
  const { monitor } = monitored({ strategy: 'full' });
  const bytes = payload(HEAD_BYTES);
  let recorded = false;
  const ns = nsEach((times) => {
    for (let i = 0; i < times; i++) recorded ||= monitor.recordSend('c2', SOCKET, bytes);
  });
  if (recorded) throw new Error('a socket was recorded that is not registered');
  return ['send, not registered', '', ns.toFixed(0), '50 to 100 ns'];
}

function sendRow(name: string, strategy: MonitorOptions['strategy'], size: number, sentry: string): string[] {
  const { monitor, socket } = monitored(strategy);
  const bytes = payload(size);
  const byHandle = nsEach((times) => {
    for (let i = 0; i < times; i++) socket.recordSend(bytes);
  });
  const byName = nsEach((times) => {
    for (let i = 0; i < times; i++) monitor.recordSend(CONTAINER, SOCKET, bytes);
  });
  return [`send of ${size} B, ${name}`, byHandle.toFixed(0), byName.toFixed(0), sentry];
}

function recvRow(): string[] {
  const { monitor, socket } = monitored({ strategy: 'full' });
  const bytes = payload(HEAD_BYTES);
  const byHandle = nsEach((times) => {
    for (let i = 0; i < times; i++) socket.recordRecv(bytes);
  });
  const byName = nsEach((times) => {
    for (let i = 0; i < times; i++) monitor.recordRecv(CONTAINER, SOCKET, bytes);
  });
  return ['receive', byHandle.toFixed(0), byName.toFixed(0), '200 ns'];
}

/** The cost of reading a record, with its copy. */
function readRow(): string[] {
  const { monitor, socket } = monitored({ strategy: 'size_limit', max_bytes: HEAD_BYTES });
  const bytes = payload(1024);
  for (let i = 0; i < 1024; i++) socket.recordSend(bytes);
  const ns = nsEach((times) => {
    let reader = monitor.reader();
    for (let i = 0; i < times; i++) {
      if (reader.next() !== undefined) continue;
      reader = monitor.reader();
    }
  });
  return [`reading a record of ${HEAD_BYTES} B`, ns.toFixed(0), '', ''];
}

/** Bytes of garbage that a send leaves behind. */
function garbageRow(name: string, size: number): string[] {
  const { socket } = monitored({ strategy: 'size_limit', max_bytes: HEAD_BYTES });
  const bytes = payload(size);
  const send = (times: number) => {
    for (let i = 0; i < times; i++) socket.recordSend(bytes);
  };
  send(1_000_000);
  const before = process.memoryUsage().heapUsed;
  const times = 10_000;
  send(times);
  return [name, ((process.memoryUsage().heapUsed - before) / times).toFixed(0)];
}

const rows = [
  ['ns a call', 'by handle', 'by name', 'in the sentry'],
  disabledRow(),
  sendRow('no_data', { strategy: 'no_data' }, 1024, ''),
  ...SIZES.map((size) =>
    sendRow(
      '512 kept',
      { strategy: 'size_limit', max_bytes: HEAD_BYTES },
      size,
      SENTRY_SENDS.get(size) ?? '',
    ),
  ),
  ...SIZES.map((size) => sendRow('all kept', { strategy: 'full' }, size, SENTRY_SENDS.get(size) ?? '')),
  recvRow(),
  readRow(),
];
stdout.write(`${alignedTable(rows)}\n`);
const garbage = [
  ['bytes of garbage a send', ''],
  garbageRow('64 B, kept whole', 64),
  garbageRow('1024 B, 512 kept', 1024),
];
stdout.write(`${alignedTable(garbage)}\n`);
