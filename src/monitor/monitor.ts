import type { Attributes, Meter } from '@opentelemetry/api';
import type { AggregationTemporalitySelector } from '@opentelemetry/sdk-metrics';
import { createRingWriter } from '../processors/capture/ring/checked-ring-writer.js';
import { createRing, viewRing } from '../processors/capture/ring/layout.js';
import type { RingWriter } from '../processors/capture/ring/ring-writer.js';
import { RECV, SEND } from '../protocols/direction.js';
import { observeTable } from '../telemetry/observe.js';
import { SeriesProducer } from '../telemetry/series-producer.js';
import { SeriesTable } from '../telemetry/series-table.js';
import { VERSION } from '../version.js';
import { type CapturedRecords, CaptureReader } from './capture-reader.js';
import { MONITOR_HEALTH, MONITOR_INSTRUMENTS, ROW_WIDTH } from './instruments.js';
import { MonitorError } from './monitor-error.js';
import { MonitoredSocket } from './monitored-socket.js';
import { type MonitorOptions, type MonitorSettings, monitorSettings } from './options.js';
import { PayloadRecorder } from './payload-recorder.js';
import { type SocketName, SocketRegistry } from './socket-registry.js';
import { SourceBook } from './source-book.js';

/** A socket that a container uses. */
export interface SocketRegistration {
  /** `container.id` of its series. */
  containerId: string;
  /** Path of the upstream, as the monitored thing is named: `uds.socket.path` of its series. */
  socketPath: string;
  /** `uds.socket.name` of its series. Default: none. */
  name?: string;
  /** Further attributes of its series. */
  attributes?: Attributes;
}

const DOORBELL_BYTES = 4;

/**
 * Counts and captures the traffic of Unix sockets that the program itself sees, on the thread of whoever
 * calls: a call costs a copy of what is kept, and no more. What was captured is read whenever there is time.
 *
 * Calls that name a container and a socket return whether that is registered. Where it is not they do
 * nothing else, so that they can be made for all traffic.
 */
export class Monitor {
  readonly #settings: MonitorSettings;
  readonly #sockets = new SocketRegistry();
  readonly #table: SeriesTable;
  readonly #health: SeriesTable;
  readonly #writer: RingWriter;
  readonly #sources: SourceBook;
  readonly #sendData: CaptureReader;
  #isClosed = false;

  /** @throws MonitorError when an option is not accepted; the message says what would be. */
  constructor(options: MonitorOptions = {}) {
    this.#settings = monitorSettings(options);
    const { ring, attributes, maxSeries, lingerMs } = this.#settings;
    const memory = createRing(ring);
    const views = viewRing(memory);
    this.#writer = createRingWriter(memory, new SharedArrayBuffer(DOORBELL_BYTES));
    this.#sources = new SourceBook(views.words);
    this.#sendData = this.reader();
    this.#table = new SeriesTable(MONITOR_INSTRUMENTS, { maxSeries, lingerMs });
    this.#health = new SeriesTable(MONITOR_HEALTH, { maxSeries: 1, lingerMs });
    this.#health.open(attributes).attach([views.words]);
  }

  /**
   * Begins to monitor a socket of a container.
   *
   * @throws MonitorError when it is registered already, or the monitor is closed.
   */
  register(registration: SocketRegistration): MonitoredSocket {
    const { containerId, socketPath } = registration;
    this.#checkNew(containerId, socketPath);
    const series = this.#table.open(this.#attributesOf(registration));
    const row = new Float64Array(ROW_WIDTH);
    series.attach([row]);
    const source = this.#sources.add({ containerId, socketPath });
    const recorder = this.#newRecorder(source, registration);
    const { directions } = this.#settings;
    const socket = new MonitoredSocket({
      containerId,
      socketPath,
      row,
      recorders: [
        directions.includes(SEND) ? recorder : undefined,
        directions.includes(RECV) ? recorder : undefined,
      ],
      failed: (error) => this.#reportFault(registration, error),
      closed: () => {
        this.#sockets.remove(socket);
        recorder?.end();
        this.#sources.end(source, recorder?.hasRecords === true);
        series.close();
      },
    });
    this.#sockets.add(socket);
    return socket;
  }

  /** Closes a socket. False when it is not registered. */
  unregister(containerId: string, socketPath: string): boolean {
    const socket = this.#sockets.find(containerId, socketPath);
    socket?.close();
    return socket !== undefined;
  }

  /** Closes all sockets of a container. Returns how many there were. */
  unregisterContainer(containerId: string): number {
    const sockets = this.#sockets.ofContainer(containerId);
    for (const socket of sockets) socket.close();
    return sockets.length;
  }

  /**
   * Lets a descriptor of the host stand for a registered socket of a container, until it is unregistered or
   * registered again, or the socket is closed. Each container has its own descriptors: their numbers may be
   * the same.
   *
   * @returns false when that socket is not registered; the descriptor then stands for nothing.
   * @throws MonitorError when `fd` cannot be a descriptor.
   */
  registerHostFd(containerId: string, fd: number, socketPath: string): boolean {
    if (!Number.isSafeInteger(fd) || fd < 0) {
      throw new MonitorError(`${fd} is not a descriptor; give a whole number from 0`);
    }
    return this.#sockets.addFd(containerId, fd, socketPath);
  }

  /** A descriptor stands for nothing any more. False when it did not. */
  unregisterHostFd(containerId: string, fd: number): boolean {
    return this.#sockets.removeFd(containerId, fd);
  }

  /** Whether a path, or a descriptor, is that of a registered socket. */
  isMonitored(containerId: string, socket: SocketName): boolean {
    return this.#sockets.find(containerId, socket) !== undefined;
  }

  /** A container has sent `bytes` on a socket, which is its path or a host descriptor. */
  recordSend(containerId: string, socket: SocketName, bytes: Uint8Array): boolean {
    const found = this.#sockets.find(containerId, socket);
    if (found === undefined) return false;
    found.recordSend(bytes);
    return true;
  }

  /** It has received bytes, or so many of them. @throws MonitorError when a number is not a size. */
  recordRecv(containerId: string, socket: SocketName, bytes: Uint8Array | number): boolean {
    const found = this.#sockets.find(containerId, socket);
    if (found === undefined) return false;
    found.recordRecv(bytes);
    return true;
  }

  /** It has sent `size` bytes, of which nothing is captured. @throws MonitorError when `size` is not a size. */
  recordSendNoData(containerId: string, socket: SocketName, size: number): boolean {
    const found = this.#sockets.find(containerId, socket);
    if (found === undefined) return false;
    found.recordSendNoData(size);
    return true;
  }

  /** What was captured since the last call, and how many records were overwritten meanwhile. */
  getSendData(): CapturedRecords {
    return this.#sendData.drain();
  }

  /** A reader of its own, from the oldest record there is. Any number of them, in need of no closing. */
  reader(): CaptureReader {
    return new CaptureReader(this.#writer.memory, this.#sources);
  }

  /** Puts the four traffic counters, and two of the ring, on a Meter; the result takes them away again. */
  observe(meter: Meter): () => void {
    const stops = [this.#table, this.#health].map((table) => observeTable(table, meter));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** A producer for the `metricProducers` of one metric reader. */
  metricProducer(temporality?: AggregationTemporalitySelector): SeriesProducer {
    return new SeriesProducer({
      tables: [this.#table, this.#health],
      scope: { name: 'udscope', version: VERSION },
      ...(temporality === undefined ? {} : { temporality }),
    });
  }

  /** Closes all sockets. What was captured, and counted, can still be read. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets.all()) socket.close();
  }

  #checkNew(containerId: string, socketPath: string): void {
    if (this.#isClosed) throw new MonitorError('the monitor is closed');
    for (const [key, value] of Object.entries({ containerId, socketPath })) {
      if (typeof value !== 'string' || value === '') {
        throw new MonitorError(`${key} is not a string of at least one character`);
      }
    }
    if (!this.isMonitored(containerId, socketPath)) return;
    throw new MonitorError(`${socketPath} of container ${containerId} is registered already; close it first`);
  }

  #attributesOf({ containerId, socketPath, name, attributes }: SocketRegistration): Attributes {
    return {
      ...this.#settings.attributes,
      ...attributes,
      ...(name === undefined ? {} : { 'uds.socket.name': name }),
      'uds.socket.path': socketPath,
      'container.id': containerId,
    };
  }

  #newRecorder(source: number, registration: SocketRegistration): PayloadRecorder | undefined {
    const { strategy } = this.#settings;
    if (strategy === undefined) return undefined;
    try {
      if (!strategy.takesConnection(source)) return undefined;
    } catch (error) {
      this.#reportFault(registration, error);
      return undefined;
    }
    return new PayloadRecorder(this.#writer, strategy, source);
  }

  #reportFault({ containerId, socketPath }: SocketRegistration, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#settings.onFault(
      new MonitorError(`${socketPath} of container ${containerId} is captured no more: ${reason}`, {
        cause: error,
      }),
    );
  }
}
