import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** A refusal in the words and the format of a server. */
export interface Refusal {
  readonly type: string;
  readonly body: string;
}

/** How long who is turned away has to read why, in ms. */
const PARTING_MS = 1000;

/** So many are told why at a time; beyond that they are closed without a word. */
const MAX_PARTING = 16;

/** Connections that are not served, and are told why before they are closed. Nothing of what they send is looked at. */
export class TurnedAway {
  readonly #sockets = new Set<Socket>();

  /** Answers whatever will be asked, and ends the connection. */
  tell(socket: Socket, status: number, { type, body }: Refusal): void {
    // It may be gone already.
    socket.on('error', () => {});
    if (this.#sockets.size >= MAX_PARTING) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), PARTING_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${type}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    // Closed with bytes unread, the connection might break before its client has read the answer.
    socket.resume();
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  }

  closeAll(): void {
    for (const socket of [...this.#sockets]) socket.destroy();
  }
}
