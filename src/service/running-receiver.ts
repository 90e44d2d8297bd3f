import { isDeepStrictEqual } from 'node:util';
import { ATTRIBUTION_INSTRUMENTS } from '../identity/instruments.js';
import type { ControlPlace } from '../layout/places.js';
import type { EnrichChannel, EnrichSettings } from '../processors/enrich/enrich-channel.js';
import type { EnrichThread } from '../processors/enrich/enrich-thread.js';
import { CALL_INSTRUMENTS, LOSS_INSTRUMENTS, METHOD_INSTRUMENTS } from '../processors/enrich/instruments.js';
import type { PreparedChange } from '../receivers/receiver.js';
import {
  ContainerSockets,
  type RelayedSocket,
  UDS_INSTRUMENTS,
  UdsReceiver,
  type UdsReceiverConfig,
  type UdsReceiverContext,
  UdsReceiverControl,
} from '../receivers/uds/index.js';
import { SeriesTable, type SeriesTableSettings } from '../telemetry/series-table.js';
import { CallHub } from './call-hub.js';
import type { CapturePlan } from './capture-plan.js';

/** The limits of the configuration replace these before anything is counted. */
const NO_LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

/**
 * A series goes on if what it was of comes back while it lingers: a socket that was removed, the server behind it, or a
 * call after a change of what is captured.
 */
const RESUMING = { ...NO_LIMITS, resumes: true };

export interface RunningReceiverContext extends Omit<UdsReceiverContext, 'table' | 'attribution'> {
  /** The control sockets of the agent at present. Left out: none. */
  readonly controls?: () => readonly ControlPlace[];
}

/** A receiver with its output: series of sockets and of calls, spans and log records. */
export class RunningReceiver {
  readonly table = new SeriesTable(UDS_INSTRUMENTS, RESUMING);
  /** Of decoded traffic. */
  readonly calls = new SeriesTable(CALL_INSTRUMENTS, RESUMING);
  readonly methods = new SeriesTable(METHOD_INSTRUMENTS, RESUMING);
  /** Of captured traffic that was lost for want of room, by client. */
  readonly losses = new SeriesTable(LOSS_INSTRUMENTS, RESUMING);
  /** Of connections that could not be attributed. */
  readonly attribution = new SeriesTable(ATTRIBUTION_INSTRUMENTS, NO_LIMITS);
  /** Calls that have a span, and those that have a log record. */
  readonly spans = new CallHub();
  readonly logs = new CallHub();
  readonly receiver: UdsReceiver;
  /** The receiver as the control API sees and changes it. */
  readonly control: UdsReceiverControl;
  readonly #enrichThread: EnrichThread;
  #channel: EnrichChannel | undefined;
  #hasRetired = false;

  constructor(context: RunningReceiverContext, enrichThread: EnrichThread) {
    this.receiver = new UdsReceiver({ ...context, table: this.table, attribution: this.attribution });
    this.control = new UdsReceiverControl({
      id: context.id,
      receiver: this.receiver,
      containerSockets: new ContainerSockets({ ...context, receiver: this.receiver }),
      table: this.table,
      attribution: this.attribution,
    });
    this.#enrichThread = enrichThread;
  }

  /** As UdsReceiver's. */
  prepare(
    config: UdsReceiverConfig,
    attributes: readonly string[],
    plan: CapturePlan | undefined,
  ): Promise<PreparedChange> {
    if (plan === undefined) return this.receiver.prepare({ config, attributes });
    const observer = this.#channelFor(plan.enrich);
    const capture = (socket: RelayedSocket) => {
      const settings = plan.capture(socket);
      return settings === undefined ? undefined : { settings, observer };
    };
    return this.receiver.prepare({ config, attributes, capture });
  }

  /** As UdsReceiver's. */
  async warmUp(config: UdsReceiverConfig, attributes: readonly string[]): Promise<void> {
    await this.receiver.warmUp({ config, attributes });
  }

  configure(limits: Pick<SeriesTableSettings, 'maxSeries' | 'lingerMs' | 'ownerSeries'>): void {
    for (const table of [this.table, this.calls, this.methods, this.losses]) table.configure(limits);
  }

  /** Stops accepting for good: another process does, on the same sockets. Open connections go on. */
  async retire(): Promise<void> {
    this.#hasRetired = true;
    await this.receiver.retire();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    await this.receiver.shutdown(deadlineMs);
    // They are the other process's.
    if (!this.#hasRetired) this.control.containerSockets.removeFolders();
  }

  /** What it counts, by names that mean the same in another process. */
  get tables(): [string, SeriesTable][] {
    const { table, calls, methods, losses, attribution } = this;
    return Object.entries({ table, calls, methods, losses, attribution });
  }

  /** The same channel as long as the settings are the same: another one interrupts conversations. */
  #channelFor(settings: EnrichSettings): EnrichChannel {
    if (this.#channel === undefined || !isDeepStrictEqual(this.#channel.settings, settings)) {
      this.#channel = this.#enrichThread.channel(settings, {
        calls: this.calls,
        methods: this.methods,
        losses: this.losses,
        spans: (calls, client) => this.spans.publish(calls, client),
        logs: (calls, client) => this.logs.publish(calls, client),
      });
    }
    return this.#channel;
  }
}
