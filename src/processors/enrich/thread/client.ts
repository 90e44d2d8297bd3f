import type { ClientLimits, GenerationSettings } from '../messages.js';
import { BoundedNames, type NameAllowance } from './bounded-names.js';
import { OutgoingCalls } from './call-outlet.js';
import { ClientMemory, type MemoryRoom } from './client-memory.js';
import { ClientEvents } from './event-log.js';
import { type CallRoom, ClientCalls } from './pending-calls.js';
import type { SeriesWait } from './series-requests.js';
import { SharedThings } from './shared-things.js';

/** What all clients share. */
export interface Room {
  readonly calls: CallRoom;
  readonly memory: MemoryRoom;
}

/**
 * A client of a receiver: a container, or a user where there is none. Its flows, on all its sockets and on all threads,
 * have a share together of what all clients share.
 */
export class Client {
  readonly calls: ClientCalls;
  readonly memory: ClientMemory;
  readonly outgoing = new OutgoingCalls();
  readonly events = new ClientEvents();
  readonly series: SeriesWait = { count: 0 };
  /** By socket. */
  readonly #names = new SharedThings<BoundedNames>();
  #maxNames: number;
  #shownNames = 0;

  constructor(room: Room, limits: ClientLimits) {
    this.calls = new ClientCalls(room.calls, limits.pendingCalls);
    this.memory = new ClientMemory(room.memory);
    this.#maxNames = limits.methods;
  }

  set limits({ methods, pendingCalls }: ClientLimits) {
    this.calls.limit = pendingCalls;
    this.#maxNames = methods;
  }

  /** The method names that are shown of a socket, for one more flow. */
  takeNames({ socket, methods: { known, max } }: GenerationSettings): BoundedNames {
    const names = this.#names.take(socket, () => new BoundedNames([], 0, this.#allowance));
    names.configure(known, max);
    return names;
  }

  /** One flow of a socket less. */
  giveNames({ socket }: GenerationSettings): void {
    this.#names.give(socket)?.end();
  }

  get #allowance(): NameAllowance {
    return {
      take: () => {
        if (this.#shownNames >= this.#maxNames) return false;
        this.#shownNames++;
        return true;
      },
      give: (names) => {
        this.#shownNames -= names;
      },
    };
  }
}
