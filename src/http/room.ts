import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** How many connections there may be at a time. */
export interface RoomLimits {
  readonly connections: number;
  /** How many of them one client may have. */
  readonly perClient: number;
}

/** How long an answer may be on its way before it makes room for a new connection, in ms. Most take a few. */
const ANSWER_MS = 250;

/** A connection in the room. */
interface Place {
  readonly socket: Socket;
  /** Connections of one client share what that client may have. */
  readonly client: string;
  /** Answers to requests that have come in full; a client may send several without waiting. */
  readonly answers: Set<ServerResponse>;
  /** When it came, or its last request came in full or was answered. In ms, by a clock that never goes back. */
  sinceMs: number;
  /** A request has come over it. */
  hasAsked: boolean;
}

/**
 * Connections of a server that has few clients and must be there for each of them. A client that opens more than there
 * is room for loses its own: first those that have sent nothing (new ones, idle ones, half requests) for longest, then
 * those that do not take their answers.
 */
export class Room {
  readonly #limits: RoomLimits;
  readonly #places = new Map<Socket, Place>();

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** Lets a connection in, for which another may have to leave. False: there is no room. */
  enter(socket: Socket, client: string): boolean {
    if (!this.#makeRoom(client)) return false;
    this.#places.set(socket, {
      socket,
      client,
      answers: new Set(),
      sinceMs: performance.now(),
      hasAsked: false,
    });
    socket.once('close', () => this.#places.delete(socket));
    return true;
  }

  /** A request has come in full. `answered` is called when its answer has been sent, or never will be. */
  begin(socket: Socket, response: ServerResponse, answered: (isWaiting: boolean) => void): void {
    const place = this.#places.get(socket);
    place?.answers.add(response);
    if (place !== undefined) {
      place.sinceMs = performance.now();
      place.hasAsked = true;
    }
    response.once('close', () => {
      place?.answers.delete(response);
      if (place !== undefined) place.sinceMs = performance.now();
      answered(place?.answers.size === 0);
    });
  }

  /** How many answers a connection waits for. */
  awaited(socket: Socket): number {
    return this.#places.get(socket)?.answers.size ?? 0;
  }

  /** Closes connections that wait for nothing. */
  closeWaiting(): void {
    for (const { socket, answers } of [...this.#places.values()]) if (answers.size === 0) socket.destroy();
  }

  /** Closes those of them that have had an answer. */
  closeIdle(): void {
    for (const { socket, answers, hasAsked } of [...this.#places.values()]) {
      if (hasAsked && answers.size === 0) socket.destroy();
    }
  }

  closeAll(spared: ReadonlySet<Socket>): void {
    for (const { socket } of [...this.#places.values()]) if (!spared.has(socket)) socket.destroy();
  }

  #makeRoom(client: string): boolean {
    const { connections, perClient } = this.#limits;
    const own = this.#placesOf(client);
    if (own.length >= perClient) return this.#dismiss(own);
    if (this.#places.size < connections) return true;
    // The client with most gives first, also what is in use: it has more than is left for the new one.
    const others = this.#clientsByPlaces();
    if (others.some((places) => this.#dismiss(places))) return true;
    const most = others[0] ?? [];
    return most.length > own.length + 1 && this.#dismiss(most, () => true);
  }

  /** Dismisses the place that is least missed, if there is one that may be. */
  #dismiss(places: readonly Place[], mayGo = mayBeDismissed): boolean {
    const nowMs = performance.now();
    const [first] = places.filter((place) => mayGo(place, nowMs)).sort(byUse);
    if (first === undefined) return false;
    this.#places.delete(first.socket);
    first.socket.destroy();
    return true;
  }

  #placesOf(client: string): Place[] {
    return [...this.#places.values()].filter((place) => place.client === client);
  }

  /** The places of each client; the client with most places comes first. */
  #clientsByPlaces(): Place[][] {
    const byClient = new Map<string, Place[]>();
    for (const place of this.#places.values()) {
      const places = byClient.get(place.client);
      if (places === undefined) byClient.set(place.client, [place]);
      else places.push(place);
    }
    return [...byClient.values()].sort((a, b) => b.length - a.length);
  }
}

/** Places that wait come before those that are answered; then those that have done so for longest. */
function byUse(a: Place, b: Place): number {
  return Number(a.answers.size > 0) - Number(b.answers.size > 0) || a.sinceMs - b.sinceMs;
}

function mayBeDismissed({ answers, sinceMs }: Place, nowMs: number): boolean {
  if (answers.size === 0) return true;
  // A stream that its client has read up to now goes on, however long it has been there.
  return nowMs - sinceMs > ANSWER_MS && [...answers].some(isUntaken);
}

function isUntaken(response: ServerResponse): boolean {
  return !response.headersSent || response.writableLength > 0;
}
