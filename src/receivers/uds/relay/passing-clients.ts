import { CLIENT, type ConnectionTable, LOOK_ALWAYS, UPSTREAM } from './connection-table.js';

/**
 * So many reads from each end are looked at before its client has passed descriptors. Programs that send some without ado do so soon
 * after they have connected.
 */
const FIRST_LOOKS = 64;

/** Clients whose connections have passed descriptors, in either direction: what is read of these is looked at first. */
export class PassingClients {
  readonly #table: ConnectionTable;
  readonly #numbers = new Set<number>();

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** A connection is established. */
  begin(slot: number): void {
    this.#setLooks(slot, this.#numbers.has(this.#table.client[slot]) ? LOOK_ALWAYS : FIRST_LOOKS);
  }

  /** One has passed some. */
  add(client: number): void {
    if (this.#numbers.has(client)) return;
    this.#numbers.add(client);
    for (let slot = 0; slot < this.#table.slots; slot++) {
      if (this.#table.client[slot] === client) this.#setLooks(slot, LOOK_ALWAYS);
    }
  }

  #setLooks(slot: number, looks: number): void {
    this.#table.looks[slot * 2 + CLIENT] = looks;
    this.#table.looks[slot * 2 + UPSTREAM] = looks;
  }
}
