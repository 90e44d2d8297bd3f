import type { Attributes } from '@opentelemetry/api';
import { pino } from 'pino';
import { Containers } from '../../src/identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import type { PreparedChange } from '../../src/receivers/receiver.js';
import { type UdsReceiverConfig, udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { UdsReceiver, type UdsReceiverContext } from '../../src/receivers/uds/receiver.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import type { Cleanup } from './cleanup.js';
import { RawListener, RawStream } from './raw-stream.js';

/** One socket as a user writes it. */
export interface WrittenSocket {
  listen: string;
  upstream: string;
  [key: string]: unknown;
}

export interface Sample {
  attributes: Attributes;
  value: number;
}

/** A receiver with a series table and a log that can be read. */
export class ReceiverFixture {
  readonly directory: string;
  readonly receiver: UdsReceiver;
  readonly table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries: 100, lingerMs: 60_000 });
  readonly attribution = new SeriesTable(ATTRIBUTION_INSTRUMENTS, { maxSeries: 100, lingerMs: 0 });
  readonly containers = new Containers();
  readonly log: string[] = [];
  readonly fatalities: unknown[] = [];

  constructor(
    readonly cleanup: Cleanup,
    own: Pick<UdsReceiverContext, 'readable'> = {},
  ) {
    this.directory = cleanup.directory();
    const stream = { write: (line: string) => void this.log.push(JSON.parse(line).msg) };
    this.receiver = new UdsReceiver({
      id: 'uds',
      table: this.table,
      attribution: this.attribution,
      containers: this.containers,
      logger: pino({ level: 'debug' }, stream),
      fatal: (error) => this.fatalities.push(error),
      ...own,
    });
    cleanup.defer(async () => {
      await this.receiver.shutdown(0);
      this.containers.close();
    });
  }

  path(name: string): string {
    return `${this.directory}/${name}`;
  }

  /** A socket `NAME.relay` whose upstream is `NAME` or another one. */
  socket(name: string, more: Partial<WrittenSocket> = {}): WrittenSocket {
    return { name, listen: this.path(`${name}.relay`), upstream: this.path(name), ...more };
  }

  listen(name: string, backlog?: number): RawListener {
    return RawListener.listen(this.path(name), this.cleanup, backlog);
  }

  config(sockets: WrittenSocket[], more: Record<string, unknown> = {}): UdsReceiverConfig {
    return udsReceiverSchema.parse({ threads: 1, sockets, ...more });
  }

  prepare(
    sockets: WrittenSocket[],
    more: Record<string, unknown> = {},
    attributes: string[] = [],
  ): Promise<PreparedChange> {
    return this.receiver.prepare({ config: this.config(sockets, more), attributes });
  }

  async apply(
    sockets: WrittenSocket[],
    more: Record<string, unknown> = {},
    attributes: string[] = [],
  ): Promise<void> {
    await (await this.prepare(sockets, more, attributes)).commit();
  }

  connect(name: string): RawStream {
    return RawStream.connect(this.path(`${name}.relay`), this.cleanup);
  }

  /** What an instrument says at present, zeros left out. */
  samples(instrumentName: string): Sample[] {
    const instrument = UDS_INSTRUMENTS.instruments.find(({ name }) => name === instrumentName);
    if (instrument === undefined) throw new Error(`no instrument ${instrumentName}`);
    return this.table
      .readings()
      .flatMap(({ series, totals }) =>
        instrument.points
          .map((point) => ({ attributes: series.attributesOf(point), value: point.value(totals) }))
          .filter(({ value }) => value !== 0),
      );
  }

  /** The sum of an instrument over all series of a socket. */
  total(instrumentName: string, socketName: string): number {
    return this.samples(instrumentName)
      .filter(({ attributes }) => attributes['uds.socket.name'] === socketName)
      .reduce((sum, { value }) => sum + value, 0);
  }
}

/** Sends a text from one end and waits for it at the other. */
export async function passes(from: RawStream, to: RawStream, text: string): Promise<boolean> {
  from.send(Buffer.from(text));
  return (await to.receiveExactly(text.length)).toString() === text;
}
