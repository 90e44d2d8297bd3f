import type { Request } from '../../../protocols/protocol.js';
import { Holding, Holdings } from '../../../shares/holdings.js';

/** What a call takes beside its texts, in bytes, measured; and what a character of these takes at most. */
const CALL_BYTES = 320;
const CHARACTER_BYTES = 2;

/** What all calls that are waited for may take: some 190,000 of the usual ones. */
const ROOM_BYTES = 64 * 2 ** 20;

/** A client may take so much for each call that it may have. */
const BYTES_A_CALL = 1024;

/** What waits for a call. */
export interface CallWaiter {
  /** Waits no longer: for no call of this client has it been longer. */
  evict(call: PendingCall): void;
}

/** A request whose response is waited for. */
export class PendingCall {
  readonly bytes: number;
  /** The client's calls before and after it, and the next of its conversation that has the same id. */
  older: PendingCall | undefined = undefined;
  newer: PendingCall | undefined = undefined;
  nextOfId: PendingCall | undefined = undefined;
  /** Those it is waited for with. */
  calls: ClientCalls | undefined = undefined;
  lastOfId: PendingCall = this;
  /** Its place among the calls of its direction. */
  number = 0;

  constructor(
    readonly request: Request,
    /** How many calls it stands for. */
    readonly count: number,
    readonly waiter: CallWaiter,
  ) {
    this.bytes = CALL_BYTES + CHARACTER_BYTES * charactersOf(request);
  }
}

/** The calls that one client's conversations wait for, in the order of their requests. */
export class ClientCalls extends Holding {
  readonly #room: CallRoom;
  #oldest: PendingCall | undefined;
  #newest: PendingCall | undefined;
  #count = 0;
  /** How many there may be. */
  limit: number;

  constructor(room: CallRoom, limit: number) {
    super();
    this.#room = room;
    this.limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** A call is waited for. The oldest of the client are not any more if there is no room for them beside it. */
  add(call: PendingCall): void {
    call.calls = this;
    call.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = call;
    else this.#newest.newer = call;
    this.#newest = call;
    this.#count++;
    this.#room.change(this, call.bytes);
    while (this.#count > 1 && this.#isFull) this.evictOldest();
    this.#room.makeRoom();
  }

  /** A call is not waited for any more. */
  remove(call: PendingCall): void {
    if (call.older === undefined) this.#oldest = call.newer;
    else call.older.newer = call.newer;
    if (call.newer === undefined) this.#newest = call.older;
    else call.newer.older = call.older;
    // Garbage that leads to what lives keeps it from being collected early, and so on along the list.
    call.older = undefined;
    call.newer = undefined;
    this.#count--;
    this.#room.change(this, -call.bytes);
  }

  evictOldest(): void {
    const oldest = this.#oldest;
    if (oldest !== undefined) oldest.waiter.evict(oldest);
  }

  get #isFull(): boolean {
    return this.#count > this.limit || this.held > this.limit * BYTES_A_CALL;
  }
}

/** The room for all clients' calls. When it is full, the client with the most gives up its oldest. */
export class CallRoom {
  readonly #holdings = new Holdings<ClientCalls>();
  readonly #bytes: number;

  constructor(bytes = ROOM_BYTES) {
    this.#bytes = bytes;
  }

  change(client: ClientCalls, bytes: number): void {
    this.#holdings.change(client, bytes);
  }

  makeRoom(): void {
    while (this.#holdings.total > this.#bytes) this.#holdings.heaviest?.evictOldest();
  }
}

/** Strings share what they have in common: the text of an id is part of what it is looked up by. */
function charactersOf({ method, id, traceparent, tracestate, payload }: Request): number {
  const texts = [id, traceparent, tracestate, payload];
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), method.length);
}
