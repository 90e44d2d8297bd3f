import { mostClients } from './clients.js';

/** Of an end that has more to do than one turn allows: whoever put it there, it was no event of epoll. */
export const AGAIN = 1 << 30;

/** Who gets the thread next, where ends of several clients have something to do; beyond that it is the turn of another. */
const QUANTUM_NS = 20_000;

/** What an event takes of the thread, a read with its send, and each of their bytes: a look at the clock would say more of other threads. */
const EVENT_NS = 1000;
const OPERATION_NS = 4000;
const BYTE_NS = 0.1;

const NO_END = -1;
const NO_CLIENT = -1;

/** Where a client is. */
const AWAY = 0;
const FRESH = 1;
const BUSY = 2;

/**
 * Ends that have something to do, in the order in which they get their turn. Clients take turns, not ends: one with a thousand
 * loud connections has no more of them than one with a single quiet one.
 *
 *   has something to do ──► fresh ──────┐ used its quantum, or has nothing more to do
 *                                       ▼
 *   away ◄── has nothing more to do ── busy ──┐ used its quantum: behind all the others
 *                                       ▲─────┘
 *
 * Fresh clients come first, so a quiet one waits for what is being done and for others like it. None is fresh twice before
 * the busy ones have had their turn. This is fq_codel without its dropping (RFC 8290), over deficit round robin (Shreedhar and
 * Varghese, IEEE/ACM Transactions on Networking 4(3), 1996).
 *
 * Each end is in it at most once, with all that is to be done about it, behind the other ends of its client.
 */
export class RunQueue {
  /** What is to be done about an end: EPOLL* bits, and AGAIN. Of one that is not in it: 0. */
  readonly #work: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** By connection: its client. */
  readonly #clientOf: Int32Array;
  /** Of an end that is in it: the client among whose ends it is. The connection may have ended since, and its slot have another one. */
  readonly #payer: Int32Array;
  /** By client. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #place: Uint8Array;
  readonly #leftNs: Float64Array;
  readonly #nextClient: Int32Array;
  readonly #fresh: ClientLine;
  readonly #busy: ClientLine;
  #count = 0;
  /** Whose turn it is. */
  #client = NO_CLIENT;
  /** What the ends that had their turn have taken, in all. */
  spentNs = 0;

  /** `clientOf`: by connection, the number of its client. */
  constructor(clientOf: Int32Array) {
    const ends = clientOf.length * 2;
    const clients = mostClients(clientOf.length);
    this.#clientOf = clientOf;
    this.#work = new Int32Array(ends);
    this.#payer = new Int32Array(ends);
    this.#next = new Int32Array(ends);
    this.#previous = new Int32Array(ends);
    this.#first = new Int32Array(clients).fill(NO_END);
    this.#last = new Int32Array(clients).fill(NO_END);
    this.#place = new Uint8Array(clients);
    this.#leftNs = new Float64Array(clients);
    this.#nextClient = new Int32Array(clients);
    this.#fresh = new ClientLine(this.#nextClient);
    this.#busy = new ClientLine(this.#nextClient);
  }

  /** How many ends have something to do. */
  get count(): number {
    return this.#count;
  }

  /** There is something to do about an end. `work`: EPOLL* bits, or AGAIN. */
  add(end: number, work: number): void {
    const waits = this.#work[end] !== 0;
    this.#work[end] |= work;
    if (waits) return;
    this.#count++;
    const client = this.#clientOf[end >> 1];
    const last = this.#last[client];
    this.#payer[end] = client;
    this.#next[end] = NO_END;
    this.#previous[end] = last;
    if (last === NO_END) this.#first[client] = end;
    else this.#next[last] = end;
    this.#last[client] = end;
    if (this.#place[client] !== AWAY) return;
    this.#leftNs[client] = QUANTUM_NS;
    this.#place[client] = FRESH;
    this.#fresh.push(client);
  }

  /** An end is to be read once more. */
  push(end: number): void {
    this.add(end, AGAIN);
  }

  /** What is to be done about an end, which is none of those that wait from now on. */
  take(end: number): number {
    const work = this.#work[end];
    if (work === 0) return 0;
    const client = this.#payer[end];
    const next = this.#next[end];
    const previous = this.#previous[end];
    if (previous === NO_END) this.#first[client] = next;
    else this.#next[previous] = next;
    if (next === NO_END) this.#last[client] = previous;
    else this.#previous[next] = previous;
    this.#work[end] = 0;
    this.#count--;
    this.spend(EVENT_NS);
    return work;
  }

  /** The end whose turn it is, or -1 if none has anything to do. It stays where it is until it is taken. */
  get first(): number {
    for (;;) {
      const isFresh = !this.#fresh.isEmpty;
      const line = isFresh ? this.#fresh : this.#busy;
      if (line.isEmpty) return NO_END;
      const client = line.first;
      if (this.#leftNs[client] <= 0) {
        this.#leftNs[client] += QUANTUM_NS;
        this.#toBusy(line.shift());
      } else if (this.#first[client] !== NO_END) {
        this.#client = client;
        return this.#first[client];
      } else if (isFresh) this.#toBusy(line.shift());
      else this.#place[line.shift()] = AWAY;
    }
  }

  /** The end whose turn it is has moved so many bytes. */
  moved(bytes: number): void {
    this.spend(OPERATION_NS + bytes * BYTE_NS);
  }

  /** What has been done for the client whose turn it is has taken so long. */
  spend(ns: number): void {
    this.spentNs += ns;
    if (this.#client !== NO_CLIENT) this.#leftNs[this.#client] -= ns;
  }

  /** It is nobody's turn: what is done from now on is not done for one of them. */
  rest(): void {
    this.#client = NO_CLIENT;
  }

  #toBusy(client: number): void {
    this.#place[client] = BUSY;
    this.#busy.push(client);
  }
}

/** Clients one behind the other; each is in one such line at most. */
class ClientLine {
  readonly #next: Int32Array;
  #first = NO_CLIENT;
  #last = NO_CLIENT;

  constructor(next: Int32Array) {
    this.#next = next;
  }

  get isEmpty(): boolean {
    return this.#first === NO_CLIENT;
  }

  get first(): number {
    return this.#first;
  }

  push(client: number): void {
    this.#next[client] = NO_CLIENT;
    if (this.#last === NO_CLIENT) this.#first = client;
    else this.#next[this.#last] = client;
    this.#last = client;
  }

  shift(): number {
    const client = this.#first;
    this.#first = this.#next[client];
    if (this.#first === NO_CLIENT) this.#last = NO_CLIENT;
    return client;
  }
}
