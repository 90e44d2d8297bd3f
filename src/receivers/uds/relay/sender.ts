import { SenderHeader } from '../../../linux/message-header.js';
import { send, sendBytes } from '../../../linux/socket.js';
import { CLIENT, type ConnectionTable, NO_SENDER } from './connection-table.js';

/**
 * Sends to either end of a connection. An upstream may ask for the sender's credentials
 * with each message (SO_PASSCRED): where it was connected as the client, they must be the client's, too.
 */
export class Sender {
  readonly #table: ConnectionTable;
  readonly #header = new SenderHeader();

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** Sends `bytes` from `address` to an end: how many the kernel took, or a negated errno, as send(2). */
  send(end: number, address: number, bytes: number): number {
    const { fd, senderUid, senderGid } = this.#table;
    const slot = end >> 1;
    if ((end & 1) === CLIENT || senderUid[slot] === NO_SENDER) return sendBytes(fd[end], address, bytes);
    this.#header.setSender(senderUid[slot], senderGid[slot]);
    this.#header.setBuffer(address, bytes);
    return send(fd[end], this.#header);
  }
}
