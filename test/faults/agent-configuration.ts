import type { FailingSocket } from './failing-socket.js';

/** The OpenTelemetry Collector is gone: nobody has this port. */
const COLLECTOR = { endpoint: 'http://127.0.0.1:1', interval: '1s' };

/** Sockets that several clients may share: a thread passes on what is at home with another one. */
const ANYBODYS: readonly string[] = ['stream', 'seqpacket', 'shared'];

/** What a reload changes. */
export interface AgentVariant {
  readonly threads: number;
  readonly maxBytes: number;
  readonly bufferKib: number;
  /** That a client which sends datagrams without a name is gone is seen by its silence alone. */
  readonly silent: string;
}

export const FIRST_VARIANT: AgentVariant = { threads: 1, maxBytes: 512, bufferKib: 256, silent: '10s' };

/** When nobody says anything any more. */
export const LAST_VARIANT: AgentVariant = { ...FIRST_VARIANT, silent: '1s' };

export interface ConfiguredSocket {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
}

/** What is captured and not read yet, at most. */
export interface Ring {
  readonly entries: number;
  readonly bytes: number;
}

/** `control`: where the control API is to be, if there is to be one. `ring`: undefined is what the agent has by default. */
export function agentConfiguration({
  variant: { threads, maxBytes, bufferKib, silent },
  sockets,
  control,
  failing,
  ring,
}: {
  variant: AgentVariant;
  sockets: readonly ConfiguredSocket[];
  control: string | undefined;
  failing: FailingSocket | undefined;
  ring: Ring | undefined;
}): unknown {
  const relayed: object[] = sockets.map((socket) => ({
    ...socket,
    ...(ANYBODYS.includes(socket.name) ? {} : { container: { id: socket.name } }),
    ...(socket.name === 'seqpacket' || socket.name === 'dgram' ? { type: socket.name } : {}),
    ...(socket.name === 'dgram' ? { idle_timeout: silent } : {}),
  }));
  if (failing !== undefined) relayed.push(failing.socket);
  const exporters = { prometheus: { endpoint: 'localhost:0' }, otlphttp: COLLECTOR };
  return {
    receivers: {
      uds: { threads, busy_poll: busyPollOf(threads), buffer_size: `${bufferKib}KiB`, sockets: relayed },
    },
    processors: {
      capture: {
        max_bytes: maxBytes,
        tail_bytes: 64,
        directions: ['send', 'recv'],
        ...(ring === undefined ? {} : { ring_buffer: { entries: ring.entries, max_bytes: ring.bytes } }),
      },
      enrich: {},
      ...failing?.processors,
    },
    exporters,
    extensions: control === undefined ? {} : { control: { socket: control } },
    service: {
      extensions: control === undefined ? [] : ['control'],
      pipelines: {
        metrics: {
          receivers: ['uds'],
          processors: ['capture', 'enrich'],
          exporters: Object.keys(exporters),
        },
      },
    },
  };
}

/** Several threads look before they sleep, one does not: both ways of waiting are met. */
function busyPollOf(threads: number): string {
  return threads > 1 ? '50us' : '0s';
}
