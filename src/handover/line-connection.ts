import type { Socket } from 'node:net';
import { MAX_MESSAGE_LENGTH } from './messages.js';

export interface LineEvents<Message> {
  /** What a line says; undefined: nothing that matters. @throws Error if it makes no sense. */
  read(line: unknown): Message | undefined;
  hear(message: Message): void;
  /** Called once. `error`: why, unless the other side has ended it. */
  closed(error: string | undefined): void;
}

/** A conversation in lines of JSON, which are checked. Whatever makes no sense ends it. */
export class LineConnection<Heard> {
  readonly #socket: Socket;
  readonly #events: LineEvents<Heard>;
  #rest = '';
  #error: string | undefined;

  constructor(socket: Socket, events: LineEvents<Heard>) {
    this.#socket = socket;
    this.#events = events;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => {
      this.#error ??= error.message;
    });
    socket.once('close', () => events.closed(this.#error));
  }

  send(message: object): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Sends messages as they are made, no faster than they are read. False: the other side has gone. */
  async sendAll(messages: Iterable<object>): Promise<boolean> {
    for (const message of messages) {
      if (this.#socket.destroyed) return false;
      if (this.#socket.write(`${JSON.stringify(message)}\n`)) continue;
      await new Promise<void>((resolve) => {
        const go = () => {
          this.#socket.off('drain', go).off('close', go);
          resolve();
        };
        this.#socket.on('drain', go).on('close', go);
      });
    }
    return !this.#socket.destroyed;
  }

  /** Ends it when all that was sent is on its way. */
  end(): void {
    this.#socket.end();
  }

  /** Ends it at once. */
  fail(error: string): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_MESSAGE_LENGTH) this.fail('a message is too long');
    for (const line of lines) {
      if (this.#socket.destroyed) return;
      try {
        const message = this.#events.read(JSON.parse(line));
        if (message !== undefined) this.#events.hear(message);
      } catch (error) {
        this.fail(`a message makes no sense: ${(error as Error).message}`);
      }
    }
  }
}
