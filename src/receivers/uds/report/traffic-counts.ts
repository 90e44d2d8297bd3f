import type { TrafficCounts } from '../../../api/traffic.js';
import {
  CLOSED,
  errorColumn,
  FAILURE_NAMES,
  OPENED,
  RECV_BYTES,
  RECV_OPS,
  SEND_BYTES,
  SEND_OPS,
} from '../counters.js';

/** The sums of rows of counters, as the control API shows them. */
export function trafficCounts(rows: readonly Float64Array[]): TrafficCounts {
  const sum = (column: number) => rows.reduce((total, row) => total + row[column], 0);
  return {
    active: sum(OPENED) - sum(CLOSED),
    opened: sum(OPENED),
    errors: FAILURE_NAMES.reduce((total, name) => total + sum(errorColumn(name)), 0),
    sendBytes: sum(SEND_BYTES),
    recvBytes: sum(RECV_BYTES),
    sendOps: sum(SEND_OPS),
    recvOps: sum(RECV_OPS),
  };
}
