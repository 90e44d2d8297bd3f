import type { Attributes } from '@opentelemetry/api';
import { CALL_INSTRUMENTS, callsColumn, durationColumns } from '../../src/processors/enrich/instruments.js';
import { RPC } from '../../src/protocols/conventions.js';
import { SEND } from '../../src/protocols/direction.js';
import { OPENED, ROW_WIDTH, SEND_BYTES } from '../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { bucketIndex, CALL_DURATION_BOUNDARIES, recordInto } from '../../src/telemetry/histogram.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';

const SOCKETS = 10;

/** Calls of a series: some in each bucket. */
const DURATIONS_S = [...CALL_DURATION_BOUNDARIES, 20];

/** The containers for a number of series, each with ten sockets. */
export function relayTable(series: number): SeriesTable {
  const table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: series, lingerMs: 0 });
  for (let i = 0; i < series; i++) {
    const row = new Float64Array(ROW_WIDTH);
    // No errors: they would be further data points, and most series have none.
    for (let column = SEND_BYTES; column <= OPENED; column++) row[column] = i * 997 * (column + 1);
    table.open(socketAttributes(Math.floor(i / SOCKETS), i % SOCKETS)).attach([row]);
  }
  return table;
}

/** The same with calls of one method on each socket. */
export function callTable(series: number): SeriesTable {
  const table = new SeriesTable(CALL_INSTRUMENTS, { maxSeries: series, lingerMs: 0 });
  for (let i = 0; i < series; i++) {
    const row = new Float64Array(CALL_INSTRUMENTS.width);
    for (const seconds of DURATIONS_S) {
      const count = 1 + ((i * 31) >> bucketIndex(CALL_DURATION_BOUNDARIES, seconds));
      recordInto(row, durationColumns(RPC.durations.server).first, CALL_DURATION_BOUNDARIES, seconds, count);
      row[callsColumn(SEND)] += count;
    }
    const attributes = { 'rpc.system.name': 'jsonrpc', 'rpc.method': 'eth_getBlockByNumber' };
    table.open({ ...socketAttributes(Math.floor(i / SOCKETS), i % SOCKETS), ...attributes }).attach([row]);
  }
  return table;
}

function socketAttributes(container: number, socket: number): Attributes {
  return {
    'uds.socket.name': `socket-${socket}`,
    'uds.socket.path': `/run/socket-${socket}.sock`,
    'uds.socket.scope': 'host',
    'container.id': containerId(container),
    'container.name': `app-${container}`,
    'container.image.name': 'registry.example.com/team/app',
    'k8s.namespace.name': `team-${container % 20}`,
    'k8s.pod.name': `app-7d9f8b6c5d-${container.toString(36).padStart(5, '0')}`,
    'k8s.container.name': 'app',
  };
}

/** 64 hexadecimal digits that do not repeat, the same in every run: the hard part for compression. */
function containerId(container: number): string {
  let state = container + 1;
  const word = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state.toString(16).padStart(8, '0');
  };
  return Array.from({ length: 8 }, word).join('');
}
