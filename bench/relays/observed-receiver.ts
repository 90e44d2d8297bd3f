/** The product's receiver with capture and decoding, as the agent puts them together, for the relays of this folder. */
import { pino } from 'pino';
import { Containers } from '../../src/identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import { captureProcessorSchema } from '../../src/processors/capture/config.js';
import { captureSettings } from '../../src/processors/capture/settings-of.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { UdsReceiver } from '../../src/receivers/uds/receiver.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { LIMITS } from '../../test/processors/enrich/support/messages.js';

export interface ObservedReceiver {
  /** Of UDS_INSTRUMENTS. */
  readonly table: SeriesTable;
  readonly enrichThread: EnrichThread;
}

export interface ObservedSettings {
  readonly listen: string;
  readonly upstream: string;
  /** What is captured: a capture processor as it is configured; null: nothing. */
  readonly capture: unknown;
  /** Names of the attributes of containers; none: clients are not looked at. */
  readonly attributes: readonly string[];
  /** Other keys of the receiver. */
  readonly receiver?: object;
}

const limits = { maxSeries: 1000, lingerMs: 0 };

/** Relays one socket on one relay thread. */
export async function observe(settings: ObservedSettings): Promise<ObservedReceiver> {
  const { listen, upstream, capture, attributes, receiver: keys } = settings;
  const logger = pino({ level: 'silent' });
  const enrichThread = new EnrichThread(logger);
  const observer = openChannel(enrichThread);
  const captured =
    capture === null
      ? undefined
      : captureSettings('capture', captureProcessorSchema.parse(capture), undefined);
  const table = new SeriesTable(UDS_INSTRUMENTS, limits);
  const receiver = new UdsReceiver({
    id: 'uds',
    table,
    attribution: new SeriesTable(ATTRIBUTION_INSTRUMENTS, { maxSeries: 10, lingerMs: 0 }),
    containers: new Containers(),
    logger,
    fatal: (error) => {
      throw error;
    },
  });
  const sockets = [{ listen, upstream, mode: '0600' }];
  const change = await receiver.prepare({
    config: udsReceiverSchema.parse({ threads: 1, sockets, ...keys }),
    attributes,
    capture: () => (captured === undefined ? undefined : { settings: captured, observer }),
  });
  await change.commit();
  return { table, enrichThread };
}

function openChannel(thread: EnrichThread) {
  return thread.channel(
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
}
