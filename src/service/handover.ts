import { unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { HandoverServer } from '../handover/handover-server.js';
import { type Draining, Predecessors } from '../handover/predecessors.js';
import type { KeepSeries } from '../handover/table-heir.js';
import { close } from '../linux/socket.js';
import { socketName } from '../linux/socket-name.js';
import type { DescriptorStore } from '../store/descriptor-store.js';
import { KeptDescriptors } from '../store/kept-descriptors.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import { attempt } from '../values/attempt.js';
import type { Launch } from './launch.js';

/** The agent, as others take it over and it takes over from others. */
export interface HandedOver {
  readonly tables: ReadonlyMap<string, SeriesTable>;
  keepSeries: KeepSeries;
  /** Connections of its own that are open. */
  readonly connections: number;
  /** Stops accepting for good; open connections go on. */
  stopAccepting(): Promise<void>;
  /** The same, and stops exporting metrics. */
  retire(): Promise<void>;
}

export interface HandoverSettings {
  readonly logger: Logger;
  readonly store: DescriptorStore;
  agent(): HandedOver;
  /** Another agent takes over now. */
  retiring(successor: number): void;
  /** Another agent has taken over. Called once. */
  retired(successor: number): void;
  /** Another agent could not take over. */
  failed(error: string): void;
}

/**
 * Names by which agents of one service leave word where they can be taken over. So many may drain at a time; further ones
 * do, too, but whoever starts after their successor was killed does not count what they count.
 */
const NAMES = Array.from({ length: 16 }, (_, i) => `handover=${i}`);

/** How long an agent that has ended waits for a successor that hears what it has counted last, in ms. */
const SUCCESSOR_MS = 60_000;

/** The same where a signal has ended it. */
const LEAVE_MS = 1000;

/** How often to look whether agents before this one have ended, in ms. */
const LOOK_MS = 250;

/**
 * How this agent takes over from those before it, and others from it. The descriptor store says who they are: what one service
 * manager or supervisor keeps is of one service.
 */
export class Handover {
  readonly #settings: HandoverSettings;
  readonly #predecessors: Predecessors;
  readonly #server: HandoverServer;
  #freeName: string | undefined;
  #retiring: Promise<void> | undefined;
  #open = () => {};
  #isPending = false;
  /** Resolves when no agent before this one accepts any more. */
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  constructor(settings: HandoverSettings) {
    const { logger, agent } = settings;
    this.#settings = settings;
    this.#predecessors = new Predecessors({
      logger,
      tables: () => agent().tables,
      keep: (...series) => agent().keepSeries(...series),
    });
    this.#server = new HandoverServer({
      tables: () => agent().tables,
      connections: () => this.connections,
      refresh: () => this.refresh(),
      stopAccepting: (successor) => this.#stopAccepting(successor),
      retire: (successor) => this.#retire(successor),
      failed: (_successor, error) => settings.failed(error),
    });
  }

  /** Finds the agents before this one, which go on as before. */
  async find(): Promise<void> {
    const { store } = this.#settings;
    const found = NAMES.flatMap((name) => {
      const fd = store.take(name);
      if (fd === undefined) return [];
      const path = socketName(fd);
      // As long as a copy is open here, nobody could tell that the process has ended.
      close(fd);
      return [{ name, path }];
    });
    const absent = await this.#predecessors.greet(found.flatMap(({ path }) => path ?? []));
    this.#isPending = this.#predecessors.size > 0;
    for (const { name, path } of found) {
      if (path !== undefined && !absent.includes(path)) continue;
      store.drop(name);
      // Of a process that could not remove it.
      if (path !== undefined) attempt(() => unlinkSync(path));
    }
    const isLeft = ({ path }: { path: string | undefined }) => path !== undefined && !absent.includes(path);
    const taken = new Set(found.filter(isLeft).map(({ name }) => name));
    this.#freeName = NAMES.find((name) => !taken.has(name));
  }

  /** Takes over from them: this agent accepts. Resolves when it also shows what they have counted. */
  async takeOver(): Promise<void> {
    await this.#predecessors.retire();
    this.#isPending = false;
    this.#open();
  }

  /** Resolves when no agent before this one reads any more what clients send without a connection; undefined if none does. */
  get stopped(): Promise<void> | undefined {
    return this.#predecessors.stopped;
  }

  /** Lets others take over from this agent, which they find in a directory. undefined: there is no place for that. */
  offer(directory: string | undefined): void {
    const { store, logger } = this.#settings;
    if (!store.isKept || this.#freeName === undefined || directory === undefined) return;
    try {
      store.keep(this.#freeName, this.#server.start(directory));
    } catch (error) {
      logger.warn(`no other agent can take over from this one: ${(error as Error).message}`);
    }
  }

  /** Brings the tables up to date with what agents before this one count. */
  refresh(): Promise<void> {
    return this.#predecessors.refresh();
  }

  /** Agents before this one that still have connections. */
  get draining(): Draining[] {
    return this.#predecessors.draining;
  }

  /** Connections that are open, here and in agents before this one. */
  get connections(): number {
    return this.#settings.agent().connections + this.#predecessors.connections;
  }

  /** An agent before this one accepts on the same sockets, which are not to end with this one. */
  get isPending(): boolean {
    return this.#isPending;
  }

  get isRetired(): boolean {
    return this.#server.isRetired;
  }

  /** Tells those before it that this agent cannot start. */
  fail(error: string): void {
    this.#predecessors.fail(error);
  }

  /** All connections of this agent have ended. Resolves when its successor knows what was counted last, or does not come. */
  async end(): Promise<void> {
    while (this.#predecessors.size > 0) await sleep(LOOK_MS);
    await this.#server.end(AbortSignal.timeout(SUCCESSOR_MS));
    this.close();
  }

  /** The same for an agent that is to stop: its successor, if there is one, is alive. */
  async leave(): Promise<void> {
    if (this.#server.isTold) await this.#server.end(AbortSignal.timeout(LEAVE_MS));
    this.close();
  }

  /** Nobody takes over any more. */
  close(): void {
    const { store } = this.#settings;
    if (!this.isRetired && this.#freeName !== undefined) store.drop(this.#freeName);
    this.#predecessors.close();
    this.#server.close();
  }

  #stopAccepting(successor: number): Promise<void> {
    const { retiring, agent } = this.#settings;
    retiring(successor);
    return agent().stopAccepting();
  }

  #retire(successor: number): Promise<void> {
    const { retired, agent } = this.#settings;
    this.#retiring ??= agent()
      .retire()
      .then(() => retired(successor));
    return this.#retiring;
  }
}

/** Tells the agents before this one that it cannot even begin to start, and why. */
export async function tellPredecessors(launch: Launch, error: string): Promise<void> {
  const logger = pino({ level: 'silent' });
  const store = new KeptDescriptors(() => {});
  launch.begin(store, logger);
  const handover = new Handover({
    logger,
    store,
    agent: () => NOTHING,
    retiring: () => {},
    retired: () => {},
    failed: () => {},
  });
  await handover.find();
  handover.fail(error);
}

const NOTHING: HandedOver = {
  tables: new Map(),
  connections: 0,
  keepSeries: (_table, handle) => handle.close(),
  stopAccepting: () => Promise.resolve(),
  retire: () => Promise.resolve(),
};
