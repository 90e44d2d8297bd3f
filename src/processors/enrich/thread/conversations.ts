import type { CallRecorder } from './call-recorder.js';
import type { Conversation } from './conversation.js';

/** The conversations that the records of a ring belong to. */
export class Conversations {
  readonly #byConnection = new Map<number, Conversation>();

  get(connection: number): Conversation | undefined {
    return this.#byConnection.get(connection);
  }

  all(): Iterable<Conversation> {
    return this.#byConnection.values();
  }

  add(connection: number, conversation: Conversation): void {
    this.#byConnection.set(connection, conversation);
    conversation.recorder.conversations++;
  }

  /** One has ended. */
  delete(connection: number): void {
    const conversation = this.#byConnection.get(connection);
    if (conversation === undefined) return;
    this.#byConnection.delete(connection);
    conversation.recorder.conversations--;
  }

  /** Nothing more will be known of one. */
  abandon(connection: number): void {
    this.#byConnection.get(connection)?.abandon();
    this.delete(connection);
  }

  abandonAll(): void {
    for (const connection of this.#byConnection.keys()) this.abandon(connection);
  }

  /** Nothing more will be known of those that are recorded by these. */
  abandonOf(recorders: ReadonlySet<CallRecorder>): void {
    for (const [connection, { recorder }] of this.#byConnection) {
      if (recorders.has(recorder)) this.abandon(connection);
    }
  }
}
