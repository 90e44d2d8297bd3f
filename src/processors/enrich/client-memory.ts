import { mayTake } from '../../shares/may-take.js';
import type { DecoderMemory } from './protocols/protocol.js';

/** What decoders keep at most of messages that have not ended, in bytes, in all and of one client. */
const ROOM_BYTES = 64 * 2 ** 20;
const CLIENT_BYTES = 16 * 2 ** 20;

/** What is left for the unfinished messages of all clients. */
export class MemoryRoom {
  #left: number;

  constructor(bytes = ROOM_BYTES) {
    this.#left = bytes;
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
  readonly #lose: () => void;
  #held = 0;

  /** `lose` is called when something finds no room. */
  constructor(room: MemoryRoom, lose: () => void) {
    this.#room = room;
    this.#lose = lose;
  }

  get isScarce(): boolean {
    return !mayTake(2 * this.#held, CLIENT_BYTES, this.#room.left);
  }

  take(bytes: number): boolean {
    if (!mayTake(this.#held + bytes, CLIENT_BYTES, this.#room.left - bytes)) {
      this.#lose();
      return false;
    }
    this.#change(bytes);
    return true;
  }

  give(bytes: number): void {
    this.#change(-bytes);
  }

  #change(bytes: number): void {
    this.#held += bytes;
    this.#room.change(bytes);
  }
}
