import type { Attributes, Meter } from '@opentelemetry/api';
import type { AggregationTemporalitySelector } from '@opentelemetry/sdk-metrics';
import { createRingWriter } from '../processors/capture/ring/checked-ring-writer.js';
import { createRing, viewRing } from '../processors/capture/ring/layout.js';
import type { RingWriter } from '../processors/capture/ring/ring-writer.js';
import { RECV, SEND } from '../protocols/direction.js';
import { observeTable } from '../telemetry/observe.js';
import { SCOPE } from '../telemetry/scope.js';
import { SeriesProducer } from '../telemetry/series-producer.js';
import { SeriesTable } from '../telemetry/series-table.js';
import { type CapturedRecords, CaptureReader } from './capture-reader.js';
import { MONITOR_HEALTH, MONITOR_INSTRUMENTS, ROW_WIDTH } from './instruments.js';
import { MonitorError } from './monitor-error.js';
import { MonitoredSocket } from './monitored-socket.js';
import { type MonitorOptions, type MonitorSettings, monitorSettings } from './options.js';
import { PayloadRecorder } from './payload-recorder.js';
import { SocketNumbers } from './socket-numbers.js';
import { type SocketName, SocketRegistry } from './socket-registry.js';

/** A socket that a container uses. */
export interface SocketRegistration {
  /** `container.id` of its series. */
  containerId: string;
  /** Path of the upstream: `uds.socket.path` of its series. */
  socketPath: string;
  /** `uds.socket.name` of its series. Default: none. */
  name?: string;
  /** Further attributes of its series. */
  attributes?: Attributes;
}

const DOORBELL_BYTES = 4;

/**
 * Counts and captures the traffic of Unix sockets that the program itself sees. It runs on the calling thread: a call
 * only copies the bytes that are kept. Captured records can be read at any later time.
 *
 * Calls that name a container and a socket return whether that socket is registered, and do nothing if it is not. So
 * they can be made for all traffic.
 */
export class Monitor {
  readonly #settings: MonitorSettings;
  readonly #sockets = new SocketRegistry();
  readonly #table: SeriesTable;
  readonly #health: SeriesTable;
  readonly #writer: RingWriter;
  readonly #numbers: SocketNumbers;
  readonly #sendData: CaptureReader;
  #isClosed = false;

  /** @throws MonitorError if an option is not accepted; the message says what is */
  constructor(options: MonitorOptions = {}) {
    this.#settings = monitorSettings(options);
    const { ring, attributes, maxSeries, lingerMs } = this.#settings;
    const memory = createRing(ring);
    const views = viewRing(memory);
    this.#writer = createRingWriter(memory, new SharedArrayBuffer(DOORBELL_BYTES));
    this.#numbers = new SocketNumbers(views.words);
    this.#sendData = this.reader();
    this.#table = new SeriesTable(MONITOR_INSTRUMENTS, { maxSeries, lingerMs });
    this.#health = new SeriesTable(MONITOR_HEALTH, { maxSeries: 1, lingerMs });
    this.#health.open(attributes).attach([views.words]);
  }

  /**
   * Starts to monitor a socket of a container.
   *
   * @throws MonitorError if it is already registered or the monitor is closed
   */
  register(registration: SocketRegistration): MonitoredSocket {
    const { containerId, socketPath } = registration;
    this.#checkNew(containerId, socketPath);
    const series = this.#table.open(this.#attributesOf(registration));
    const row = new Float64Array(ROW_WIDTH);
    series.attach([row]);
    const number = this.#numbers.add({ containerId, socketPath });
    const recorder = this.#newRecorder(number, registration);
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
        this.#numbers.end(number, recorder?.hasRecords === true);
        series.close();
      },
    });
    this.#sockets.add(socket);
    return socket;
  }

  /** Closes a socket. False if it is not registered. */
  unregister(containerId: string, socketPath: string): boolean {
    const socket = this.#sockets.find(containerId, socketPath);
    socket?.close();
    return socket !== undefined;
  }

  /** Closes all sockets of a container. Returns their number. */
  unregisterContainer(containerId: string): number {
    const sockets = this.#sockets.ofContainer(containerId);
    for (const socket of sockets) socket.close();
    return sockets.length;
  }

  /**
   * Makes a host descriptor refer to a registered socket of a container, until it is unregistered or registered again,
   * or the socket is closed. Each container has its own descriptors, whose numbers may coincide.
   *
   * @returns false if that socket is not registered; the descriptor then refers to no socket
   * @throws MonitorError if `fd` cannot be a descriptor
   */
  registerHostFd(containerId: string, fd: number, socketPath: string): boolean {
    if (!Number.isSafeInteger(fd) || fd < 0) {
      throw new MonitorError(`${fd} is not a descriptor; give a whole number from 0`);
    }
    return this.#sockets.addFd(containerId, fd, socketPath);
  }

  /** Removes a descriptor. False if it referred to no socket. */
  unregisterHostFd(containerId: string, fd: number): boolean {
    return this.#sockets.removeFd(containerId, fd);
  }

  /** Whether a path or a descriptor refers to a registered socket. */
  isMonitored(containerId: string, socket: SocketName): boolean {
    return this.#sockets.find(containerId, socket) !== undefined;
  }

  /** Records that a container sent `bytes` on a socket, given by its path or a host descriptor. */
  recordSend(containerId: string, socket: SocketName, bytes: Uint8Array): boolean {
    const found = this.#sockets.find(containerId, socket);
    if (found === undefined) return false;
    found.recordSend(bytes);
    return true;
  }

  /** Records that a container received bytes, or a number of bytes. @throws MonitorError if that is not a valid size */
  recordRecv(containerId: string, socket: SocketName, bytes: Uint8Array | number): boolean {
    const found = this.#sockets.find(containerId, socket);
    if (found === undefined) return false;
    found.recordRecv(bytes);
    return true;
  }

  /**
   * Records that a container sent `size` bytes, without their data.
   *
   * @throws MonitorError if `size` is not a valid size
   */
  recordSendNoData(containerId: string, socket: SocketName, size: number): boolean {
    const found = this.#sockets.find(containerId, socket);
    if (found === undefined) return false;
    found.recordSendNoData(size);
    return true;
  }

  /** Records captured since the last call, and the number that were overwritten unread. */
  getSendData(): CapturedRecords {
    return this.#sendData.drain();
  }

  /**
   * Creates an independent reader that starts at the oldest record. There may be any number; they need not be closed.
   */
  reader(): CaptureReader {
    return new CaptureReader(this.#writer.memory, this.#numbers);
  }

  /** Adds the four traffic counters and two of the ring to a Meter. Returns a function that removes them. */
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
      scope: SCOPE,
      ...(temporality === undefined ? {} : { temporality }),
    });
  }

  /** Closes all sockets. Records and counters can still be read. Idempotent. */
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

  #newRecorder(number: number, registration: SocketRegistration): PayloadRecorder | undefined {
    const { strategy } = this.#settings;
    if (strategy === undefined) return undefined;
    try {
      if (!strategy.takesConnection(number)) return undefined;
    } catch (error) {
      this.#reportFault(registration, error);
      return undefined;
    }
    return new PayloadRecorder(this.#writer, strategy, number);
  }

  #reportFault({ containerId, socketPath }: SocketRegistration, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#settings.onFault(
      new MonitorError(`${socketPath} of container ${containerId} is no longer captured: ${reason}`, {
        cause: error,
      }),
    );
  }
}
