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
} from '../receivers/uds/index.js';
import { SeriesTable, type SeriesTableSettings } from '../telemetry/series-table.js';
import type { CapturePlan } from './capture-plan.js';
import { SpanHub } from './span-hub.js';

/** Replaced by the configuration's before anything is counted. */
const NO_LIMITS = { maxSeries: Number.POSITIVE_INFINITY, lingerMs: 0 };

/**
 * A series goes on if what it was of comes back while it lingers: a socket that was removed, the server behind it, or a
 * call after a change of what is captured.
 */
const RESUMING = { ...NO_LIMITS, resumes: true };

export interface RunningReceiverContext extends Omit<UdsReceiverContext, 'table' | 'attribution'> {
  /** Where the agent is controlled at the moment. Left out: nowhere. */
  readonly controls?: () => readonly ControlPlace[];
}

/** A receiver with what comes out of it: series of sockets, and of calls, and spans. */
export class RunningReceiver {
  readonly table = new SeriesTable(UDS_INSTRUMENTS, RESUMING);
  /** Of what is decoded. */
  readonly calls = new SeriesTable(CALL_INSTRUMENTS, RESUMING);
  readonly methods = new SeriesTable(METHOD_INSTRUMENTS, RESUMING);
  /** Of what clients lose of it for want of room. */
  readonly losses = new SeriesTable(LOSS_INSTRUMENTS, RESUMING);
  /** Of how asking for peers fares. */
  readonly attribution = new SeriesTable(ATTRIBUTION_INSTRUMENTS, NO_LIMITS);
  readonly spans = new SpanHub();
  readonly receiver: UdsReceiver;
  /** Sockets of containers that announce themselves. */
  readonly containerSockets: ContainerSockets;
  readonly #enrichThread: EnrichThread;
  #channel: EnrichChannel | undefined;

  constructor(context: RunningReceiverContext, enrichThread: EnrichThread) {
    this.receiver = new UdsReceiver({ ...context, table: this.table, attribution: this.attribution });
    this.containerSockets = new ContainerSockets({ ...context, receiver: this.receiver });
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

  configure(limits: Pick<SeriesTableSettings, 'maxSeries' | 'lingerMs' | 'ownerSeries'>): void {
    for (const table of [this.table, this.calls, this.methods, this.losses]) table.configure(limits);
  }

  async shutdown(deadlineMs: number): Promise<void> {
    await this.receiver.shutdown(deadlineMs);
    this.containerSockets.removeFolders();
  }

  /** The same as before as long as the settings are: what changes it interrupts conversations. */
  #channelFor(settings: EnrichSettings): EnrichChannel {
    if (this.#channel === undefined || !isDeepStrictEqual(this.#channel.settings, settings)) {
      this.#channel = this.#enrichThread.channel(settings, {
        calls: this.calls,
        methods: this.methods,
        losses: this.losses,
        spans: (spans, client) => this.spans.publish(spans, client),
      });
    }
    return this.#channel;
  }
}
