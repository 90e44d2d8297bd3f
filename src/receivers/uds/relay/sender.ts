import { MESSAGE_DESCRIPTORS_MAX, SentControl } from '../../../linux/control-data.js';
import { EPERM, ESRCH } from '../../../linux/errno.js';
import { MessageHeader } from '../../../linux/message-header.js';
import { send, sendBytes } from '../../../linux/socket.js';
import { CLIENT, type ConnectionTable, NAME_ALWAYS, NO_SENDER, UPSTREAM } from './connection-table.js';
import { OWN_GID, OWN_UID } from './own-credentials.js';
import type { PassingDescriptors } from './passing-descriptors.js';
import { NO_PID, SenderPids } from './sender-pids.js';

/**
 * So many messages to each upstream name their sender at least. Without a name the kernel adds none to what is sent after the upstream
 * has accepted and before it asks for names, which one that lets its clients in by them does just then.
 */
const FIRST_NAMINGS = 64;

/**
 * Sends to either end of a connection, with the descriptors that came with the bytes. An upstream may ask for the sender's
 * credentials with each message (SO_PASSCRED): where it was connected as the client, they must be the client's, too. A client that may ask gets
 * those of the upstream.
 *
 * The kernel does not tell whether an upstream asks, and naming takes a fifth more processor time for a message. Clients of other users are
 * named always: without that, the upstream is told a wrong user. Those of the relay's own user only lack their pid. They are named at first,
 * and for as long as the upstream has not answered: one that asks at each message as a rule listens only, as a log does.
 */
export class Sender {
  readonly #table: ConnectionTable;
  readonly #descriptors: PassingDescriptors;
  readonly #header = new MessageHeader();
  readonly #control = new SentControl(this.#header);
  readonly #pids: SenderPids;
  readonly #copies = new Int32Array(MESSAGE_DESCRIPTORS_MAX);

  constructor(table: ConnectionTable, descriptors: PassingDescriptors, now: () => number) {
    this.#pids = new SenderPids(table, now);
    this.#table = table;
    this.#descriptors = descriptors;
  }

  /** A connection is established: sending to its ends begins. */
  begin(slot: number): void {
    const { namings, senderGid, senderPid, senderUid } = this.#table;
    if (senderUid[slot] === NO_SENDER) {
      senderUid[slot] = OWN_UID;
      senderGid[slot] = OWN_GID;
      senderPid[slot] = NO_PID;
    }
    if (namings[slot] !== NAME_ALWAYS) namings[slot] = FIRST_NAMINGS;
    this.#pids.begin(slot);
  }

  /**
   * Sends `bytes` from `address` to an end: how many the kernel took, or a negated errno, as send(2). Descriptors that wait with
   * these bytes go with the first of them: if one byte is taken, they are.
   */
  send(end: number, address: number, bytes: number): number {
    const { fd, pendingDescriptors } = this.#table;
    if (pendingDescriptors[end ^ 1] !== 0) return this.#sendDescriptors(end, address, bytes);
    if (this.#usersOf(end)[end >> 1] === NO_SENDER) return sendBytes(fd[end], address, bytes);
    return this.#sendMessage(end, address, bytes);
  }

  /** Whom messages to an end come from, by connection. */
  #usersOf(end: number): Uint32Array {
    return (end & 1) === CLIENT ? this.#table.serverUid : this.#table.senderUid;
  }

  #sendDescriptors(end: number, address: number, bytes: number): number {
    const from = end ^ 1;
    this.#descriptors.copy(from, this.#copies);
    const sent = this.#sendMessage(end, address, bytes);
    if (sent > 0) this.#descriptors.release(from);
    return sent;
  }

  #sendMessage(end: number, address: number, bytes: number): number {
    const users = this.#usersOf(end);
    const slot = end >> 1;
    const isNamed = users[slot] !== NO_SENDER;
    const sent = this.#sendOnce(end, address, bytes);
    if (isNamed && sent > 0 && (end & 1) === UPSTREAM) this.#named(slot);
    if (!isNamed || (sent !== -ESRCH && sent !== -EPERM)) return sent;
    // EPERM may also mean that the receiver takes no descriptors (SO_PASSRIGHTS): that says nothing of other connections.
    const mayNot = sent === -EPERM && this.#table.pendingDescriptors[end ^ 1] === 0;
    if (this.#pids.refused(end ^ 1, mayNot)) return this.#sendMessage(end, address, bytes);
    // An upstream may not be named at all: the relay need not be able to become its user. Nor may the relay itself, if it is another user by now.
    if ((end & 1) === UPSTREAM && this.#table.namings[slot] === NAME_ALWAYS) return sent;
    users[slot] = NO_SENDER;
    return this.#sendOnce(end, address, bytes);
  }

  /** A message has named its sender. Whoever is the relay's own user need not be named for ever. */
  #named(slot: number): void {
    const { lastMovedMs, namings, senderPid, senderUid } = this.#table;
    if (namings[slot] === NAME_ALWAYS) return;
    if (namings[slot] > 0) namings[slot]--;
    if (namings[slot] > 0) return;
    // Without a name the kernel says the same of the relay itself.
    const hasAnswered = lastMovedMs[slot * 2 + UPSTREAM] !== 0;
    if (hasAnswered || senderPid[slot] === NO_PID) senderUid[slot] = NO_SENDER;
  }

  #sendOnce(end: number, address: number, bytes: number): number {
    const { fd, pendingDescriptors, senderGid, serverGid } = this.#table;
    const from = end ^ 1;
    const slot = end >> 1;
    const user = this.#usersOf(end)[slot];
    this.#control.clear();
    if (pendingDescriptors[from] > 0) {
      this.#control.addDescriptors(this.#copies, 0, pendingDescriptors[from]);
    }
    if (user !== NO_SENDER) {
      const groups = (end & 1) === CLIENT ? serverGid : senderGid;
      this.#control.addSender(this.#pids.of(from), user, groups[slot]);
    }
    this.#header.setBuffer(address, bytes);
    return send(fd[end], this.#header);
  }
}
