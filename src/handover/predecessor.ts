import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { geteuid, kill, pid as ownPid } from 'node:process';
import { deadlineNow, settlesBefore } from '../async/deadline.js';
import { descriptorOf } from '../http/handle-descriptor.js';
import { existsByPidfd } from '../linux/proc.js';
import { close, peerCredentials, peerPidfd } from '../linux/socket.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import { attempt } from '../values/attempt.js';
import { LineConnection } from './line-connection.js';
import { HANDOVER_VERSION, type PredecessorMessage, predecessorMessageSchema } from './messages.js';
import { type KeepSeries, TableHeir, UnexpectedMessage } from './table-heir.js';

export interface PredecessorSettings {
  /** Where it listens. */
  readonly path: string;
  /** What it counts in its own is counted in these, by name. Asked when it tells. */
  tables(): ReadonlyMap<string, SeriesTable>;
  readonly keep: KeepSeries;
  /** How long to wait for it to say hello, in ms. */
  readonly helloMs: number;
  /** It has ended, or does not answer any more. `error`: why that was not to be expected. */
  ended(error: string | undefined): void;
}

/** The number of the answer to `retire`, and of the first `read`. */
const RETIRED = 0;
const FIRST_READ = 1;

/** Series that are taken over from one predecessor. */
const MAX_SERIES = 2 ** 20;

/** Whether the process that listens at the other end still exists. */
function isPeerAlive(fd: number): boolean {
  const pidfd = peerPidfd(fd);
  if (pidfd >= 0) {
    const exists = existsByPidfd(pidfd);
    close(pidfd);
    return exists;
  }
  const listener = peerCredentials(fd)?.pid;
  // Before Linux 6.5 there is only the number, which may be another process's by now: that does not answer in time.
  return listener !== undefined && attempt(() => kill(listener, 0)) !== undefined;
}

/** An agent that this one takes over from: what it counts until its last connection ends is counted here. */
export class Predecessor {
  readonly #settings: PredecessorSettings;
  readonly #connection: LineConnection<PredecessorMessage>;
  /** By the numbers of its tables; undefined: it is not counted on here. */
  readonly #heirs = new Map<number, TableHeir | undefined>();
  /** Resolves when it has answered, or ended. */
  readonly greeted: Promise<void>;
  /** Resolves when it accepts nobody and reads nothing any more, or ended. */
  readonly stopped: Promise<void>;
  /** By the numbers of what was asked. */
  readonly #answers = new Map<number, () => void>();
  #heardHello = () => {};
  #heardStopped = () => {};
  #nextRead = FIRST_READ;
  #isAfresh = false;
  #isLate = false;
  #isOver = false;
  #isOrderly = false;
  /** No other process that is alive goes on with its counts. */
  isOurs = true;
  isUnderstood = true;
  connections = 0;

  private constructor(
    socket: Socket,
    /** As the kernel has it, and then as it says itself: it may be in another pid namespace. */
    public pid: number,
    settings: PredecessorSettings,
  ) {
    this.#settings = settings;
    this.greeted = new Promise((resolve) => {
      this.#heardHello = resolve;
    });
    this.stopped = new Promise((resolve) => {
      this.#heardStopped = resolve;
    });
    this.#connection = new LineConnection(socket, {
      read: (line) => this.#read(line),
      hear: (message) => this.#hear(message),
      closed: (error) => this.#end(error),
    });
    this.#connection.send({ type: 'hello', version: HANDOVER_VERSION, pid: ownPid });
  }

  /** Greets the agent that listens at a path, and waits for its answer for a while. undefined: there is none. */
  static async greet(settings: PredecessorSettings): Promise<Predecessor | undefined> {
    const socket = connect(settings.path);
    try {
      await once(socket, 'connect');
    } catch {
      socket.destroy();
      return undefined;
    }
    const fd = descriptorOf(socket);
    const peer = fd === undefined ? undefined : peerCredentials(fd);
    // The store has a copy of its listening socket, on which one can connect after its end, too.
    const isThere = fd !== undefined && isPeerAlive(fd);
    if (!isThere || peer === undefined || (peer.uid !== 0 && peer.uid !== geteuid?.())) {
      socket.destroy();
      return undefined;
    }
    const predecessor = new Predecessor(socket, peer.pid, settings);
    predecessor.#isLate = !(await settlesBefore(predecessor.greeted, deadlineNow() + settings.helloMs));
    return predecessor.#isOver ? undefined : predecessor;
  }

  /** It has not answered in time. It may stand still, and answer when it goes on. */
  get isLate(): boolean {
    return this.#isLate;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Has it stop accepting. Resolves when all that it has counted is counted here, too, or when it has ended. */
  retire(): Promise<void> {
    this.#connection.send({ type: 'retire', reads: true });
    return this.#answer(RETIRED);
  }

  /** Resolves when what it has counted until now is counted here, too, or when it has ended. */
  read(): Promise<void> {
    const read = this.#nextRead++;
    this.#connection.send({ type: 'read', read });
    return this.#answer(read);
  }

  /** Whether it can be asked: it is of this version, and has answered all that it was asked before. */
  get isReadable(): boolean {
    return this.isUnderstood && this.#answers.size === 0;
  }

  /** Tells it that this process cannot take over, and why. Nothing has changed for it. */
  fail(error: string): void {
    this.#connection.send({ type: 'failed', error });
    this.#connection.end();
  }

  /** Leaves it alone. */
  leave(error?: string): void {
    if (error === undefined) this.#connection.end();
    else this.#connection.fail(error);
  }

  #answer(read: number): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#answers.set(read, resolve));
  }

  /** One of another version retires all the same: that much all versions understand. What it counts is not counted on. */
  #read(line: unknown): PredecessorMessage | undefined {
    return this.isUnderstood
      ? predecessorMessageSchema.parse(line)
      : predecessorMessageSchema.safeParse(line).data;
  }

  #hear(message: PredecessorMessage): void {
    switch (message.type) {
      case 'hello':
        this.isUnderstood = message.version === HANDOVER_VERSION;
        this.pid = message.pid;
        // Without an answer in time, series have begun here.
        this.#isAfresh = message.isRetired === true || this.#isLate;
        this.isOurs = message.isTold !== true;
        this.#heardHello();
        break;
      case 'stopped':
        this.#heardStopped();
        break;
      case 'table':
        this.#heirs.set(message.table, this.#heirOf(message.name, message.layout));
        break;
      case 'done':
        for (const heir of this.#heirs.values()) heir?.begin();
        this.connections = message.connections;
        this.#answers.get(message.read)?.();
        this.#answers.delete(message.read);
        break;
      case 'end':
        this.#isOrderly = true;
        this.#connection.send({ type: 'taken' });
        this.#connection.end();
        break;
      default:
        if (!this.isUnderstood) break;
        if (!this.#heirs.has(message.table)) throw new UnexpectedMessage('there is no such table');
        this.#heirs.get(message.table)?.hear(message);
        if (message.type === 'series') this.#checkSize();
    }
  }

  #heirOf(name: string, layout: string): TableHeir | undefined {
    const table = this.#settings.tables().get(name);
    if (table === undefined || !this.isUnderstood) return undefined;
    const heir = new TableHeir(table, this.#isAfresh);
    return heir.understands(layout) ? heir : undefined;
  }

  #checkSize(): void {
    let series = 0;
    for (const heir of this.#heirs.values()) series += heir?.size ?? 0;
    if (series > MAX_SERIES) throw new UnexpectedMessage('it has too many series');
  }

  #end(error: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.connections = 0;
    for (const heir of this.#heirs.values()) heir?.end(this.#isOrderly, this.#settings.keep);
    for (const resolve of this.#answers.values()) resolve();
    this.#answers.clear();
    this.#heardHello();
    this.#heardStopped();
    this.#settings.ended(this.#isOrderly ? undefined : (error ?? 'it has ended before it has told all'));
  }
}
