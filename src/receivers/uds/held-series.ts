import type { SeriesHandle } from '../../metrics/series-table.js';
import { laneAttributes } from './attributes.js';
import type { PeerIdentity } from './identity/identity.js';
import type { LaneSettings } from './lane-book.js';

/** Who is at the two ends of a lane, as far as that is known. */
export interface LaneEnds {
  readonly peer: PeerIdentity | undefined;
  readonly server: PeerIdentity | undefined;
}

interface Hold extends LaneEnds {
  readonly series: SeriesHandle;
  release: () => void;
}

const NOTHING_COUNTED = new Float64Array(2);

/**
 * Series of those who were counted when their socket was relayed otherwise. They are alive, and are shown although they
 * have not connected since.
 */
export class HeldSeries {
  readonly #settings: LaneSettings;
  readonly #holds = new Set<Hold>();

  constructor(settings: LaneSettings) {
    this.#settings = settings;
  }

  /** Those whose series are held. */
  get ends(): readonly LaneEnds[] {
    return [...this.#holds];
  }

  /** Holds a series until its peer ends, or the container that its server is in. */
  hold({ peer, server }: LaneEnds): void {
    const { socket, attributes, table, containers } = this.#settings;
    const series = table.open(laneAttributes(socket, attributes, peer, server));
    const hold: Hold = { peer, server, series, release: () => {} };
    this.#holds.add(hold);
    const end = (isFinal: boolean) => this.#end(hold, isFinal);
    const follow = (identity: PeerIdentity, isFinal: boolean) =>
      containers.follow(identity, { counters: NOTHING_COUNTED, ended: () => end(isFinal) });
    const releases = [
      ...(peer === undefined ? [] : [follow(peer, true)]),
      ...(server?.container?.marker === undefined ? [] : [follow(server, false)]),
    ];
    hold.release = () => {
      for (const release of releases) release();
    };
  }

  /** Holds nothing any more; `isFinal`: all of it was one container's, which has ended. */
  close(isFinal: boolean): void {
    for (const hold of this.#holds) this.#end(hold, isFinal);
  }

  #end(hold: Hold, isFinal: boolean): void {
    if (!this.#holds.delete(hold)) return;
    hold.release();
    hold.series.close(isFinal);
  }
}
