import type { Attributes } from '@opentelemetry/api';
import type { Containers } from '../../../identity/containers.js';
import type { ProcessIdentity } from '../../../identity/identity.js';
import { containerKey } from '../../../identity/namesakes.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import { attributesKey } from '../../../telemetry/attributes-key.js';
import type { SeriesOwner } from '../../../telemetry/series.js';
import type { SeriesContainer } from '../../../telemetry/series-container.js';
import type { SeriesHandle, SeriesTable } from '../../../telemetry/series-table.js';
import { CLOSED, OPENED } from '../counters.js';
import { clientContainer, flowAttributes } from './attributes.js';
import { anyoneOf, clientOf } from './client.js';
import type { RelayedSocket } from './relayed-socket.js';

/** What the attributes of a socket's series are made of, beside the processes at its ends. */
export interface SeriesLabels {
  readonly socket: RelayedSocket;
  /** Names of the container attributes that series carry. */
  readonly attributes: readonly string[];
}

/** The processes at the two ends of a flow, as far as they are known. */
export interface FlowEnds {
  readonly client: ProcessIdentity | undefined;
  /** What the client is known by. */
  readonly snapshot: ProcessSnapshot | undefined;
  readonly server: ProcessIdentity | undefined;
  /** It has all of the client's connections for which no row was left, whatever program they are of. */
  readonly isOverflow: boolean;
}

/** What a flow is counted as. */
export interface CountedAs {
  /** undefined if it is not known, or stands for several. */
  readonly client: ProcessIdentity | undefined;
  readonly server: ProcessIdentity | undefined;
  /** The client whose share of the series it takes. */
  readonly owner: SeriesOwner;
  readonly attributes: Attributes;
  /** The container that all of it is of, as far as attributes tell. */
  readonly container?: SeriesContainer | undefined;
}

/** What flows between these ends are counted as under the labels of their listener. */
export function countedAs({ socket, attributes: selected }: SeriesLabels, ends: FlowEnds): CountedAs {
  const { snapshot, server, isOverflow } = ends;
  const owner = clientOf(socket, selected, ends.client, snapshot);
  const isSeveral = isOverflow && ends.client !== undefined;
  const client = isSeveral ? anyoneOf(owner, ends.client) : ends.client;
  const attributes = flowAttributes(socket, selected, client, server);
  return {
    client,
    server,
    owner,
    attributes: isOverflow ? { ...attributes, ...owner.attributes } : attributes,
    container: isOverflow ? owner.container : clientContainer(socket, selected, client),
  };
}

/** The same for what shares a series and ends with the same container. */
export function keyOf({ attributes, owner, client, server }: CountedAs, { isOverflow }: FlowEnds): string {
  return JSON.stringify([
    attributesKey(attributes),
    isOverflow ? owner.key : null,
    identityKey(client),
    identityKey(server),
  ]);
}

function identityKey(identity: ProcessIdentity | undefined): string[] | null {
  const container = identity?.container;
  return container === undefined ? null : [containerKey(container), container.livenessPath ?? ''];
}

/**
 * A client of a socket under one set of labels: its hold on the series that all its flows are counted in. The series
 * outlives the flows, which end with their listener, for as long as the client is held.
 */
export class CountedClient {
  readonly #series: SeriesHandle;
  readonly #flows = new Set<Float64Array>();
  /** Connections of flows that have ended. */
  #opened = 0;
  #closed = 0;
  #isHeld = false;
  #isFinal = false;
  #stopFollowing = () => {};

  constructor(
    readonly ends: FlowEnds,
    readonly as: CountedAs,
    table: SeriesTable,
  ) {
    this.#series = ends.isOverflow
      ? table.openOverflow(as.owner)
      : table.open(as.attributes, as.owner, as.container);
  }

  /** Whether there was no room for a series of its own. */
  get isSpilled(): boolean {
    return !this.ends.isOverflow && this.#series.series.key !== attributesKey(this.as.attributes);
  }

  /** Keeps the series until the client ends, or the container that its server is in; `ended` is called then. */
  hold(containers: Containers, ended: () => void): void {
    this.#isHeld = true;
    const { client, server } = this.as;
    this.#series.series.livesWith ??= client?.container?.livenessPath;
    const follow = (identity: ProcessIdentity, isFinal: boolean) =>
      containers.follow(identity, {
        connections: () => this.#connections(),
        ended: () => {
          this.release(isFinal);
          ended();
        },
      });
    const releases = [
      ...(client === undefined ? [] : [follow(client, true)]),
      // Nothing tells when other servers end; and clients may stay away for long.
      ...(server?.container?.livenessPath === undefined ? [] : [follow(server, false)]),
    ];
    this.#stopFollowing = () => {
      for (const release of releases) release();
    };
  }

  /** Lets the series end with the last flow. `isFinal`: the client has ended and will not come back. */
  release(isFinal: boolean): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#isFinal = isFinal;
    this.#stopFollowing();
    if (this.#flows.size === 0) this.#series.close(isFinal);
  }

  /** Counts a flow from now on. */
  attach(counters: Float64Array): void {
    this.#flows.add(counters);
    this.#series.attach([counters]);
  }

  /** Keeps what a flow has counted, which has ended. `isFinal`: so has its client. */
  detach(counters: Float64Array, isFinal: boolean): void {
    this.#flows.delete(counters);
    this.#series.detach([counters]);
    this.#opened += counters[OPENED];
    this.#closed += counters[CLOSED];
    if (!this.#isHeld && this.#flows.size === 0) this.#series.close(this.#isFinal || isFinal);
  }

  #connections(): { opened: number; closed: number } {
    let [opened, closed] = [this.#opened, this.#closed];
    for (const counters of this.#flows) {
      opened += counters[OPENED];
      closed += counters[CLOSED];
    }
    return { opened, closed };
  }
}
