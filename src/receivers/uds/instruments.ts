import type { Attributes } from '@opentelemetry/api';
import { DROP_REASONS } from '../../processors/capture/drops.js';
import { columnPoint, type InstrumentGroup } from '../../telemetry/instruments.js';
import {
  CLOSED,
  DROPPED_DESCRIPTORS,
  errorColumn,
  FAILURE_NAMES,
  FAILURES,
  type Failure,
  FIRST_DROP,
  OPENED,
  RECV_BYTES,
  RECV_OPS,
  ROW_WIDTH,
  SEND_BYTES,
  SEND_OPS,
} from './counters.js';

/** `error.type` and, if one of the ends has failed, `uds.connection.end`. */
function failureAttributes(failure: Failure): Attributes {
  const { type, end } = failure;
  return end === undefined ? { 'error.type': type } : { 'error.type': type, 'uds.connection.end': end };
}

/** What a relay counts for each socket and container. Send is container → upstream. */
export const UDS_INSTRUMENTS: InstrumentGroup = {
  width: ROW_WIDTH,
  instruments: [
    {
      name: 'uds.send_bytes',
      description: 'Bytes sent by the container to the upstream.',
      unit: 'By',
      kind: 'counter',
      points: columnPoint(SEND_BYTES),
    },
    {
      name: 'uds.recv_bytes',
      description: 'Bytes received by the container from the upstream.',
      unit: 'By',
      kind: 'counter',
      points: columnPoint(RECV_BYTES),
    },
    {
      name: 'uds.send_ops',
      description: 'Send operations of the container, as the relay sees them.',
      unit: '{operation}',
      kind: 'counter',
      points: columnPoint(SEND_OPS),
    },
    {
      name: 'uds.recv_ops',
      description: 'Receive operations of the container, as the relay sees them.',
      unit: '{operation}',
      kind: 'counter',
      points: columnPoint(RECV_OPS),
    },
    {
      name: 'uds.connections.active',
      description: 'Connections open now.',
      unit: '{connection}',
      kind: 'up_down_counter',
      points: [{ value: (values) => values[OPENED] - values[CLOSED] }],
    },
    {
      name: 'uds.connections.opened',
      description: 'Connections accepted.',
      unit: '{connection}',
      kind: 'counter',
      points: columnPoint(OPENED),
    },
    {
      name: 'uds.connection.errors',
      description: 'Connections that failed or were cut short, by reason and the end that failed.',
      unit: '{error}',
      kind: 'counter',
      points: FAILURE_NAMES.map((name) => ({
        value: (values) => values[errorColumn(name)],
        attributes: failureAttributes(FAILURES[name]),
        omitZero: true,
      })),
    },
    {
      name: 'udscope.relay.dropped_descriptors',
      description: 'Descriptors (SCM_RIGHTS) that came with the bytes and were not passed on.',
      unit: '{descriptor}',
      kind: 'counter',
      points: ['send', 'recv'].map((direction, i) => ({
        value: (values) => values[DROPPED_DESCRIPTORS + i],
        attributes: { 'uds.direction': direction },
        omitZero: true,
      })),
    },
    {
      name: 'udscope.capture.dropped_records',
      description:
        'Records lost to a client that had more than its share of the ring buffer, or of the time for finding messages.',
      unit: '{record}',
      kind: 'counter',
      points: DROP_REASONS.map((reason, i) => ({
        value: (values) => values[FIRST_DROP + i],
        attributes: { reason },
        omitZero: true,
      })),
    },
  ],
};
