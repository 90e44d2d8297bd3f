import type { Attributes } from '@opentelemetry/api';
import {
  CALL_INSTRUMENTS,
  durationColumns,
  METHOD_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { type Convention, RPC } from '../../src/protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../src/protocols/direction.js';
import { CLOSED, OPENED, RECV_BYTES, SEND_BYTES } from '../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import type { UsageTables } from '../../src/service/usage/usage-report.js';
import { recordInto } from '../../src/telemetry/histogram.js';
import { SeriesContainer } from '../../src/telemetry/series-container.js';
import { type SeriesHandle, SeriesTable } from '../../src/telemetry/series-table.js';

const LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

/** What calls have in common, where a test does not say otherwise. */
interface CallsOf {
  /** Attributes of the client, as series have them. */
  readonly client: Attributes;
  /** All that is known of its container; undefined: it is none. */
  readonly container?: Attributes;
  readonly socket: string;
  readonly path: string;
  readonly convention: Convention;
  readonly system: string;
  readonly namespace?: string;
  readonly direction: Direction;
  /** `error.type` or `udscope.outcome`, and status codes. */
  readonly outcome: Attributes;
  readonly count: number;
  /** How long each took; undefined: it is not known. */
  readonly ms: number | undefined;
  readonly sendBytes: number;
  readonly recvBytes: number;
}

const DEFAULTS: CallsOf = {
  client: { 'container.id': 'c0ffee' },
  socket: 'geth',
  path: '/run/geth.ipc',
  convention: RPC,
  system: 'jsonrpc',
  direction: SEND,
  outcome: {},
  count: 1,
  ms: undefined,
  sendBytes: 0,
  recvBytes: 0,
};

/** The tables of a receiver, and calls to fill them with. */
export class CountedUsage implements UsageTables {
  readonly traffic = new SeriesTable(UDS_INSTRUMENTS, LIMITS);
  readonly calls = new SeriesTable(CALL_INSTRUMENTS, LIMITS);
  readonly bytes = new SeriesTable(METHOD_INSTRUMENTS, LIMITS);
  readonly #rows = new Map<string, { row: Float64Array; handle: SeriesHandle }>();

  /** Counts calls of a method. */
  called(method: string, change: Partial<CallsOf> = {}): void {
    const of = { ...DEFAULTS, ...change };
    const { convention, system, namespace, direction, outcome, count, ms, sendBytes, recvBytes } = of;
    const named = { ...attributesOf(of), ...convention.methodAttributes(system, method, [], namespace) };
    const row = this.#row('calls', { ...named, ...outcome }, of.container);
    row[direction] += count;
    if (ms !== undefined) {
      const { first, boundaries } = durationColumns(convention.durations[convention.callKind(direction)]);
      recordInto(row, first, boundaries, ms / 1000, count);
    }
    const bytes = this.#row('bytes', named, of.container);
    bytes[SEND] += sendBytes;
    bytes[RECV] += recvBytes;
  }

  /** Counts what is relayed. */
  relayed(change: Partial<CallsOf> & { readonly opened?: number; readonly closed?: number } = {}): void {
    const of = { opened: 0, closed: 0, ...DEFAULTS, ...change };
    const row = this.#row('traffic', attributesOf(of), of.container);
    row[SEND_BYTES] += of.sendBytes;
    row[RECV_BYTES] += of.recvBytes;
    row[OPENED] += of.opened;
    row[CLOSED] += of.closed;
  }

  /** Calls of clients that have no room for more series. */
  overflowed(client: Attributes, count: number): void {
    const handle = this.calls.openOverflow({ key: JSON.stringify(client), attributes: client });
    const row = new Float64Array(CALL_INSTRUMENTS.width);
    row[SEND] = count;
    handle.attach([row]);
  }

  /** Ends all series. */
  end(): void {
    for (const { handle } of this.#rows.values()) handle.close();
    this.#rows.clear();
  }

  #row(kind: keyof UsageTables, attributes: Attributes, container?: Attributes): Float64Array {
    const key = JSON.stringify([kind, attributes]);
    const known = this.#rows.get(key);
    if (known !== undefined) return known.row;
    const table = this[kind];
    const row = new Float64Array(table.group.width);
    const handle = table.open(attributes, undefined, container && new SeriesContainer(container));
    handle.attach([row]);
    this.#rows.set(key, { row, handle });
    return row;
  }
}

function attributesOf({ client, socket, path }: CallsOf): Attributes {
  return { 'uds.socket.name': socket, 'uds.socket.path': path, ...client };
}
