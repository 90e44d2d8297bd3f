import type { ProcessIdentity } from '../../../identity/identity.js';
import { attributesKey, type SeriesOwner } from '../../../telemetry/series.js';
import type { SeriesHandle } from '../../../telemetry/series-table.js';
import { flowAttributes } from './attributes.js';
import type { FlowSettings } from './client-series.js';

/** Who is at the two ends of a flow, as far as that is known. */
export interface FlowEnds {
  readonly peer: ProcessIdentity | undefined;
  readonly server: ProcessIdentity | undefined;
  /** Whose share of the series it takes. */
  readonly client: SeriesOwner;
}

interface Hold extends FlowEnds {
  readonly key: string;
  readonly series: SeriesHandle;
  release: () => void;
}

const NO_CONNECTIONS = { opened: 0, closed: 0 };

/**
 * Series of those who were counted when their socket was relayed otherwise. They are alive, and are shown although they
 * have not connected since.
 */
export class HeldSeries {
  readonly #settings: FlowSettings;
  /** By what is shown, and what ends it: each thread has a flow of the same, and each reload holds it again. */
  readonly #holds = new Map<string, Hold>();
  #isClosed = false;

  constructor(settings: FlowSettings) {
    this.#settings = settings;
  }

  /** Those whose series are held. */
  get ends(): readonly FlowEnds[] {
    return [...this.#holds.values()];
  }

  /** Holds a series until its peer ends, or the container that its server is in; none after `close`. */
  hold({ peer, server, client }: FlowEnds): void {
    const { socket, attributes, table, containers } = this.#settings;
    const shown = flowAttributes(socket, attributes, peer, server);
    const key = JSON.stringify([
      attributesKey(shown),
      peer?.container?.livenessPath ?? null,
      server?.container?.livenessPath ?? null,
    ]);
    if (this.#isClosed || this.#holds.has(key)) return;
    const series = table.open(shown, client);
    const hold: Hold = { key, peer, server, client, series, release: () => {} };
    this.#holds.set(key, hold);
    const end = (isFinal: boolean) => this.#end(hold, isFinal);
    const follow = (identity: ProcessIdentity, isFinal: boolean) =>
      containers.follow(identity, { connections: () => NO_CONNECTIONS, ended: () => end(isFinal) });
    const releases = [
      ...(peer === undefined ? [] : [follow(peer, true)]),
      ...(server?.container?.livenessPath === undefined ? [] : [follow(server, false)]),
    ];
    hold.release = () => {
      for (const release of releases) release();
    };
  }

  /** Holds nothing any more; `isFinal`: all of it was one container's, which has ended. */
  close(isFinal: boolean): void {
    this.#isClosed = true;
    for (const hold of this.#holds.values()) this.#end(hold, isFinal);
  }

  #end(hold: Hold, isFinal: boolean): void {
    if (this.#holds.get(hold.key) !== hold) return;
    this.#holds.delete(hold.key);
    hold.release();
    hold.series.close(isFinal);
  }
}
