import { signalEventFd } from '../../../linux/event-fd.js';
import { Arrivals } from './arrivals.js';
import type { Sighting, ToldSighting } from './attribution.js';
import { ClientCounts } from './client-counts.js';
import { ClientHomes } from './client-homes.js';
import type { Listener } from './listener.js';
import type { RelayThreadData } from './messages.js';

/** A connection that another thread has accepted. */
export interface Newcomer {
  readonly client: number;
  readonly upstream: number;
  readonly listener: number;
  readonly seen: ToldSighting;
  /** How long ago its client was looked at, in ms. */
  readonly ageMs: number;
}

/** What goes with a connection: who has connected, and when that was seen, on the clock of all threads. */
interface Letter {
  readonly seen: ToldSighting;
  readonly atMs: number;
}

/** The other threads of a pool: what this one has accepted of their clients goes to them, and theirs of its clients comes here. */
export class Neighbours {
  readonly homes: ClientHomes;
  readonly #counts: ClientCounts;
  readonly #inboxes: readonly Arrivals[];
  readonly #own: number;
  readonly #slots: number;

  constructor(
    { homes, arrivals }: NonNullable<RelayThreadData['neighbours']>,
    data: Pick<RelayThreadData, 'clientCounts' | 'maxConnections' | 'thread' | 'threads' | 'wakeFd'>,
  ) {
    const { thread, threads } = data;
    this.homes = new ClientHomes(homes, thread);
    this.#counts = new ClientCounts(data.clientCounts, thread);
    this.#inboxes = Array.from({ length: threads }, (_, i) => new Arrivals(arrivals, i));
    this.#own = thread;
    this.#slots = data.maxConnections;
    this.#inboxes[thread].wakeFd = data.wakeFd;
    this.homes.setOpen(thread, true);
  }

  /** Passes a connection on to the thread that its client is at home with. False if it is to stay here. */
  passOn(client: number, upstream: number, { id: listener }: Listener, seen: Sighting): boolean {
    const home = this.homes.of(this.#counts.cellsOf(seen.client), this.#counts);
    if (home === this.#own || !this.homes.reserve(home, this.#slots)) return false;
    const letter: Letter = { seen: told(seen), atMs: commonMs() };
    const inbox = this.#inboxes[home];
    const entry = inbox.send(this.#own, { client, upstream, listener, text: JSON.stringify(letter) });
    if (entry !== undefined) {
      if (this.homes.isOpen(home)) {
        signalEventFd(inbox.wakeFd);
        return true;
      }
      // It may have looked for the last time before the connection was there.
      if (!inbox.withdraw(this.#own, entry)) return true;
    }
    this.homes.giveUp(home);
    return false;
  }

  /** The next connection that has come here, of a listener that `isKnown`. */
  next(isKnown: (listener: number) => boolean): Newcomer | undefined {
    const arrival = this.#inboxes[this.#own].take(isKnown);
    if (arrival === undefined) return undefined;
    const { text, ...connection } = arrival;
    const { seen, atMs } = JSON.parse(text) as Letter;
    return { ...connection, seen, ageMs: commonMs() - atMs };
  }

  /** This thread was woken for a client that it has no slot for. The kernel tells nobody else. */
  askToAccept(): void {
    for (const [thread, { wakeFd }] of this.#inboxes.entries()) {
      if (thread === this.#own || !this.homes.isOpen(thread)) continue;
      this.homes.askToLook(thread);
      signalEventFd(wakeFd);
    }
  }

  /** Nothing comes here from now on. What is there may be taken still. */
  close(): void {
    this.homes.setOpen(this.#own, false);
  }
}

function told({ client, remote, seenMs }: Sighting): ToldSighting {
  const wasThere = seenMs !== undefined;
  if (remote === undefined) return { client, wasThere };
  const { key, snapshot, cgroupId } = remote;
  return { client, wasThere, remote: { key, snapshot, cgroupId } };
}

/** Monotonic ms of a clock that is the same on all threads. */
function commonMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
