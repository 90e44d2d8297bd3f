import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { geteuid, pid } from 'node:process';
import { Serial } from '../async/serial.js';
import { descriptorOf } from '../http/handle-descriptor.js';
import { makePrivateDirectory } from '../layout/private-directory.js';
import { peerCredentials } from '../linux/socket.js';
import { ListenSocket } from '../linux/unix-listener.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import { LineConnection } from './line-connection.js';
import { HANDOVER_VERSION, type SuccessorMessage, successorMessageSchema } from './messages.js';
import { TableTeller } from './table-teller.js';

/** The agent, as it can be taken over from. */
export interface Retirable {
  /** All that it counts, by names that mean the same in another process of it. */
  tables(): ReadonlyMap<string, SeriesTable>;
  /** Stops accepting; open connections go on. Idempotent. */
  stopAccepting(successor: number): Promise<void>;
  /** The same, and stops exporting metrics. */
  retire(successor: number): Promise<void>;
  /** Connections that are open, its own and those of agents before it. */
  connections(): number;
  /** Brings its tables up to date with what agents before it count. */
  refresh(): Promise<void>;
  /** One that was to take over cannot start. */
  failed(successor: number, error: string): void;
}

/** Random bytes in the name of the socket: processes of several pid namespaces may share a directory. */
const NAME_BYTES = 4;

/** Conversations at a time: with a successor, and with those that take its place. */
const MAX_CONVERSATIONS = 8;

/** Where an agent's successor finds it. */
export class HandoverServer {
  readonly #agent: Retirable;
  readonly #server: Server;
  readonly #conversations = new Set<Conversation>();
  #socket: ListenSocket | undefined;
  #isRetired = false;
  #isEnding = false;
  #onTaken = () => {};

  constructor(agent: Retirable) {
    this.#agent = agent;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens in a directory that only the agent's user may enter. Returns the descriptor, which stays its own. @throws Error */
  start(directory: string): number {
    makePrivateDirectory(directory, { isOwn: true });
    const name = `${pid}-${randomBytes(NAME_BYTES).toString('hex')}.sock`;
    const socket = ListenSocket.bind(join(directory, name));
    this.#socket = socket;
    this.#server.on('error', () => {});
    this.#server.listen({ fd: socket.fd }).unref();
    return socket.fd;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Whether a successor is alive that hears what is counted here. */
  get isTold(): boolean {
    return [...this.#conversations].some(({ isTelling }) => isTelling);
  }

  /** Tells the successor that all connections have ended. Resolves when it has taken the last values, or when there is none by then. */
  async end(deadline: AbortSignal): Promise<boolean> {
    const taken = new Promise<boolean>((resolve) => {
      this.#onTaken = () => resolve(true);
      deadline.addEventListener('abort', () => resolve(false));
      if (deadline.aborted) resolve(false);
    });
    this.#isEnding = true;
    for (const conversation of this.#conversations) conversation.tellEnd();
    return taken;
  }

  close(): void {
    this.#server.close();
    for (const conversation of this.#conversations) conversation.close();
    try {
      this.#socket?.removeFile();
    } catch {
      // Nobody listens on it any more.
    }
    this.#socket = undefined;
  }

  #accept(socket: Socket): void {
    const fd = descriptorOf(socket);
    const uid = fd === undefined ? undefined : peerCredentials(fd)?.uid;
    const isAllowed = uid === 0 || uid === geteuid?.();
    if (!isAllowed || this.#conversations.size >= MAX_CONVERSATIONS) {
      socket.destroy();
      return;
    }
    const conversation: Conversation = new Conversation(socket, {
      agent: this.#agent,
      state: () => ({ isRetired: this.#isRetired, isTold: this.isTold }),
      retiring: () => {
        for (const other of this.#conversations) if (other !== conversation) other.close();
        this.#isRetired = true;
      },
      told: () => {
        if (this.#isEnding) conversation.tellEnd();
      },
      taken: () => this.#onTaken(),
      closed: () => void this.#conversations.delete(conversation),
    });
    this.#conversations.add(conversation);
  }
}

interface ConversationSettings {
  readonly agent: Retirable;
  state(): { readonly isRetired: boolean; readonly isTold: boolean };
  /** The agent is about to retire for this successor. */
  retiring(): void;
  /** The successor has been told all there was. */
  told(): void;
  taken(): void;
  closed(): void;
}

/** With one successor. */
class Conversation {
  readonly #settings: ConversationSettings;
  readonly #connection: LineConnection<SuccessorMessage>;
  readonly #answers = new Serial();
  #tellers: TableTeller[] = [];
  #successor = 0;
  #isTelling = false;

  constructor(socket: Socket, settings: ConversationSettings) {
    this.#settings = settings;
    this.#connection = new LineConnection(socket, {
      read: (line) => successorMessageSchema.parse(line),
      hear: (message) => this.#hear(message),
      closed: () => {
        this.#isTelling = false;
        for (const teller of this.#tellers) teller.close();
        this.#tellers = [];
        settings.closed();
      },
    });
  }

  get isTelling(): boolean {
    return this.#isTelling;
  }

  tellEnd(): void {
    if (!this.#isTelling) return;
    void this.#answers.run(async () => {
      await this.#settings.agent.refresh();
      await this.#connection.sendAll(this.#changes());
      this.#connection.send({ type: 'end' });
    });
  }

  close(): void {
    this.#connection.end();
  }

  #hear(message: SuccessorMessage): void {
    const { agent, taken } = this.#settings;
    switch (message.type) {
      case 'hello':
        this.#successor = message.pid;
        this.#connection.send({ type: 'hello', version: HANDOVER_VERSION, pid, ...this.#settings.state() });
        break;
      case 'retire':
        void this.#answers.run(() => this.#retire(message.reads === true));
        break;
      case 'read':
        void this.#answers.run(() => this.#tell(message.read));
        break;
      case 'failed':
        agent.failed(this.#successor, message.error);
        break;
      case 'taken':
        taken();
        break;
    }
  }

  async #retire(reads: boolean): Promise<void> {
    if (this.#isTelling) return this.#tell(0);
    const { agent, retiring } = this.#settings;
    retiring();
    await agent.stopAccepting(this.#successor);
    if (reads) this.#connection.send({ type: 'stopped' });
    await agent.retire(this.#successor);
    this.#tellers = Array.from(
      agent.tables(),
      ([name, table], number) => new TableTeller(number, name, table),
    );
    this.#isTelling = true;
    await this.#tell(0);
    this.#settings.told();
  }

  async #tell(read: number): Promise<void> {
    if (!this.#isTelling) return;
    const { agent } = this.#settings;
    await agent.refresh();
    await this.#connection.sendAll(this.#changes());
    this.#connection.send({ type: 'done', read, connections: agent.connections() });
  }

  *#changes(): Generator<object, void, undefined> {
    for (const teller of this.#tellers) yield* teller.tell();
  }
}
