import type { DecoderMemory } from '../../../protocols/protocol.js';
import { mayTake, type Reserve, reserveOf } from '../../../shares/may-take.js';

/** What decoders keep at most of messages that have not ended, in bytes, in all and of one client. */
const ROOM_BYTES = 64 * 2 ** 20;
const CLIENT_BYTES = 16 * 2 ** 20;

/** The last of it is for clients that have less than this: some unfinished messages. */
const FEW_BYTES = 256 * 2 ** 10;

/** What is left for the unfinished messages of all clients. */
export class MemoryRoom {
  readonly reserve: Reserve;
  #left: number;

  constructor(bytes = ROOM_BYTES) {
    this.#left = bytes;
    this.reserve = reserveOf(bytes, FEW_BYTES);
  }

  get left(): number {
    return this.#left;
  }

  change(bytes: number): void {
    this.#left -= bytes;
  }
}

/** What the decoders of one client keep of messages that have not ended. */
export class ClientMemory implements DecoderMemory {
  readonly #room: MemoryRoom;
  #held = 0;

  constructor(room: MemoryRoom) {
    this.#room = room;
  }

  get isScarce(): boolean {
    return !this.#mayHold(2 * this.#held, 0);
  }

  take(bytes: number): boolean {
    if (!this.#mayHold(this.#held + bytes, bytes)) return false;
    this.#change(bytes);
    return true;
  }

  give(bytes: number): void {
    this.#change(-bytes);
  }

  /** Whether a client may have so many, of which some are new. */
  #mayHold(held: number, added: number): boolean {
    const { left, reserve } = this.#room;
    return mayTake(held, CLIENT_BYTES, left - added, reserve);
  }

  #change(bytes: number): void {
    this.#held += bytes;
    this.#room.change(bytes);
  }
}

/** What a conversation needs of its recorder to take memory. */
export interface MemoryUser {
  /** May change; what is held stays with the one it was taken of. */
  readonly client: { readonly memory: DecoderMemory };
  /** Something found no room. */
  lose(reason: 'unfinished_messages', count: number): void;
}

/** What the decoder of one conversation keeps. */
export class ConversationMemory implements DecoderMemory {
  readonly #user: MemoryUser;
  #memory: DecoderMemory;
  #held = 0;

  constructor(user: MemoryUser) {
    this.#user = user;
    this.#memory = user.client.memory;
  }

  get isScarce(): boolean {
    return this.#memory.isScarce;
  }

  take(bytes: number): boolean {
    if (this.#held === 0) this.#memory = this.#user.client.memory;
    const isTaken = this.#memory.take(bytes);
    if (isTaken) this.#held += bytes;
    else this.#user.lose('unfinished_messages', 1);
    return isTaken;
  }

  give(bytes: number): void {
    this.#held -= bytes;
    this.#memory.give(bytes);
  }
}
