import type { SourceSettings } from '../messages.js';
import { Client, type Room } from './client.js';

/** The clients there are, each as long as it has a source. */
export class Clients {
  readonly #room: Room;
  readonly #clients = new Map<string, Client>();

  constructor(room: Room) {
    this.#room = room;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** The client of a source that begins. */
  of({ client, limits }: Pick<SourceSettings, 'client' | 'limits'>): Client {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const created = new Client(this.#room, limits);
    this.#clients.set(client, created);
    return created;
  }

  /** A client has no source any more. */
  forget({ client }: Pick<SourceSettings, 'client'>): void {
    this.#clients.delete(client);
  }
}
