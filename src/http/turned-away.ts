import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Content } from './reply.js';

/** Time that a refused client has to read the reason, in ms. */
const PARTING_MS = 1000;

/** Refused clients that are told the reason at a time. Further connections are closed without a word. */
const MAX_PARTING = 16;

/** Connections that are refused, and are told why before they are closed. Nothing of what they send is looked at. */
export class TurnedAway {
  readonly #sockets = new Set<Socket>();

  /** Answers whatever will be asked, and ends the connection. */
  tell(socket: Socket, status: number, { type, body }: Content): void {
    // The client may be gone already.
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
