import type { GenerationSettings } from '../messages.js';
import { Client, type Room } from './client.js';
import { SharedThings } from './shared-things.js';

/** The clients there are, each as long as a flow is of it. */
export class Clients {
  readonly #room: Room;
  readonly #clients = new SharedThings<Client>();

  constructor(room: Room) {
    this.#room = room;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** One more flow is of the client that is known by `word`, under the limits that are known latest. */
  enter(word: number, settings: GenerationSettings): Client {
    const { receiver, limits } = settings;
    const client = this.#clients.take(`${receiver} ${word}`, () => new Client(this.#room, limits));
    client.limits = limits;
    return client;
  }

  /** One flow less is. Returns the client if that was its last. */
  leave(word: number, { receiver }: GenerationSettings): Client | undefined {
    return this.#clients.give(`${receiver} ${word}`);
  }
}
