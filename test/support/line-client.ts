import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Cleanup } from './cleanup.js';
import { eventually } from './eventually.js';
import { onLines } from './line-service.js';

/** One connection to a LineService. */
export class LineClient {
  /** Lines that came. */
  readonly answers: string[] = [];
  readonly #socket: Socket;
  #nextId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    onLines(socket, (line) => this.answers.push(line));
  }

  static async connect(cleanup: Cleanup, path: string): Promise<LineClient> {
    const socket = connect(path);
    cleanup.defer(() => socket.destroy());
    await once(socket, 'connect');
    return new LineClient(socket);
  }

  /** The text of requests for these methods, ids in order. */
  requests(methods: readonly string[], params: unknown = []): string {
    return methods
      .map((method) => `${JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, method, params })}\n`)
      .join('');
  }

  /** Writes text as it is, in one go. */
  write(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** Calls all of these methods in one go, and waits for the answers. */
  async call(...methods: readonly string[]): Promise<void> {
    const before = this.answers.length;
    this.write(this.requests(methods));
    await this.answered(before + methods.length);
  }

  /** Waits until so many answers are there. */
  async answered(count: number): Promise<void> {
    await eventually(
      `${count} answers are there`,
      () => this.answers.length >= count,
      () => this.answers.length,
    );
  }

  /** Ends the connection; when it resolves the relay has closed it too. */
  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    await closed;
  }
}
