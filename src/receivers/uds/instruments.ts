import type { Attributes } from '@opentelemetry/api';
import { DROP_REASONS } from '../../processors/capture/drops.js';
import { columnPoint, type InstrumentGroup, type PointDefinition } from '../../telemetry/instruments.js';
import {
  CLOSED,
  DROPPED_DESCRIPTORS,
  errorColumn,
  FAILURE_NAMES,
  FAILURES,
  type Failure,
  FIRST_DROP,
  OPENED,
  PASSED_DESCRIPTORS,
  RECV_BYTES,
  RECV_OPS,
  ROW_WIDTH,
  SEND_BYTES,
  SEND_OPS,
  UNANSWERED,
  UNANSWERED_ENDED,
} from './counters.js';

/** `error.type` and, if one of the ends has failed, `uds.connection.end`. */
function failureAttributes(failure: Failure): Attributes {
  const { type, end } = failure;
  return end === undefined ? { 'error.type': type } : { 'error.type': type, 'uds.connection.end': end };
}

/** A counter of what came from the client, and behind it, of what came from the upstream. */
function byDirection(column: number): PointDefinition[] {
  return ['send', 'recv'].map((direction, i) => ({
    value: (values) => values[column + i],
    attributes: { 'uds.direction': direction },
    omitZero: true,
  }));
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
      name: 'uds.connections.unanswered',
      description:
        'Connections open now on which the container has sent and the upstream has said nothing yet, for some time.',
      unit: '{connection}',
      kind: 'up_down_counter',
      points: [
        {
          value: (values) => values[UNANSWERED] - values[UNANSWERED_ENDED],
          omitZero: true,
          everCounted: (values) => values[UNANSWERED],
        },
      ],
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
      name: 'uds.descriptors.passed',
      description: 'Descriptors (SCM_RIGHTS) that came with the bytes and were passed on with them.',
      unit: '{descriptor}',
      kind: 'counter',
      points: byDirection(PASSED_DESCRIPTORS),
    },
    {
      name: 'udscope.relay.dropped_descriptors',
      description:
        'Descriptors (SCM_RIGHTS) that were lost because the process had no room for more; one for each such message, at least.',
      unit: '{descriptor}',
      kind: 'counter',
      points: byDirection(DROPPED_DESCRIPTORS),
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

/** How the relay threads of a receiver fare. */
export const RELAY_THREAD_INSTRUMENTS: InstrumentGroup = {
  width: 1,
  instruments: [
    {
      name: 'udscope.relay.failures',
      description: 'Relay threads that have ended by themselves; their connections were lost.',
      unit: '{thread}',
      kind: 'counter',
      points: [{ value: (values) => values[0], omitZero: true }],
    },
  ],
};
