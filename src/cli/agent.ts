import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { ControlError } from '../api/agent.js';
import type { Reload } from '../api/reload-schema.js';
import { deadlineNow, settlesBefore } from '../async/deadline.js';
import { Serial } from '../async/serial.js';
import { changesBetween, type LoadedConfiguration } from '../configuration/index.js';
import { endProcessWithin } from '../linux/alarm.js';
import { leaveMemoryOutOfDumps } from '../linux/core-dumps.js';
import { mapLargeMemory } from '../linux/memory.js';
import { Handover } from '../service/handover.js';
import { closeUnclaimed, type Launch } from '../service/launch.js';
import { LoadHistory } from '../service/load-history.js';
import { createLog, redirectSdkDiagnostics, redirectWarnings } from '../service/logging.js';
import { notify, type ServiceState } from '../service/notify.js';
import { Service } from '../service/service.js';
import { Upgrades } from '../service/upgrades.js';
import { KeptDescriptors } from '../store/kept-descriptors.js';
import { RETIRED_FIELD } from '../store/message.js';
import { handoverDirectory } from './control/default-control.js';
import { limitHint } from './limits.js';
import { reloadRefusal } from './reload-refusal.js';

/** How long open connections may take to end by themselves after a signal, in ms. */
const DRAIN_MS = 5000;

/** How long an orderly stop may take: less than the 10 s that container engines wait, in ms. */
const SHUTDOWN_MS = 8000;

/** How long the agent of another supervisor may take to come, in ms. */
const SUCCESSOR_MS = 10_000;

/** When the kernel ends the process even if a thread blocks it, in ms. */
const END_MS = 10_000;
const END_AT_ONCE_MS = 3000;

/** What relay threads share is as large as this, and mostly empty: mapped, it takes only the memory that is touched. */
const LARGE_BYTES = 128 * 1024;

const SIGNAL_EXIT_BASE = 128;
const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** Another configuration for an agent that could not start with the one before; undefined if there is none. */
export type Alternative = (error: unknown) => LoadedConfiguration | undefined;

/** The agent as a process: how it starts, follows signals, gives way to another and ends. */
export class Agent {
  /** Set when it runs. */
  #launch: Launch | undefined;
  readonly #load: () => LoadedConfiguration;
  readonly #instead: Alternative;
  #loaded: LoadedConfiguration;
  readonly #logger: Logger;
  readonly #service: Service;
  readonly #store: KeptDescriptors;
  readonly #handover: Handover;
  readonly #upgrades: Upgrades;
  readonly #history = new LoadHistory();
  #stopping = false;
  /** The start and the reloads run one after the other, and a shutdown after them. */
  readonly #changes = new Serial();
  /** The reload that has been asked for and has not begun. */
  #nextReload: Promise<Reload> | undefined;

  constructor(load: () => LoadedConfiguration, loaded: LoadedConfiguration, instead: Alternative) {
    leaveMemoryOutOfDumps();
    mapLargeMemory(LARGE_BYTES);
    this.#load = load;
    this.#loaded = loaded;
    this.#instead = instead;
    const { logger, table } = createLog(loaded.config.service.telemetry.logs);
    this.#logger = logger;
    redirectSdkDiagnostics(logger);
    redirectWarnings(logger);
    this.#store = new KeptDescriptors((message) => logger.warn(message));
    this.#handover = new Handover({
      logger,
      store: this.#store,
      agent: () => this.#service,
      retiring: (successor) => {
        this.#launch?.ask(`${RETIRED_FIELD}=1`);
        this.#upgrades.takenOver(successor);
      },
      retired: (successor) => void this.#drain(successor),
      failed: (error) => this.#upgrades.failed(error),
    });
    this.#upgrades = new Upgrades(
      () => this.#launch,
      () => this.#handover.connections,
    );
    this.#service = new Service({
      logger,
      store: this.#store,
      handover: this.#handover,
      upgrade: () => this.#upgrades.upgrade(),
      reload: () => this.#reload(),
      configuration: () => this.#loaded.print(),
      health: [table],
      history: this.#history,
      fatal: (error) => this.#die(error, 'relay threads fail again and again'),
    });
  }

  /** One that is ready to run with the configuration of this moment; undefined if there is something wrong with that. */
  static async warm(load: () => LoadedConfiguration, instead: Alternative): Promise<Agent | undefined> {
    try {
      const agent = new Agent(load, load(), instead);
      await agent.#service.warmUp(agent.#loaded.config);
      return agent;
    } catch {
      // It is said when it matters: the configuration is loaded again then.
      return undefined;
    }
  }

  /** Takes the configuration that is to hold; false if it cannot any more, because its log would be another. */
  takes(loaded: LoadedConfiguration): boolean {
    const [before, next] = [this.#loaded, loaded].map(({ config }) => config.service.telemetry.logs);
    this.#loaded = loaded;
    return isDeepStrictEqual(before, next);
  }

  /** Ends what it has started. */
  async discard(): Promise<void> {
    await this.#service.shutdown(deadlineNow(), deadlineNow());
  }

  async run(launch: Launch): Promise<void> {
    this.#launch = launch;
    launch.begin(this.#store, this.#logger, () => this.#awaitSuccessor());
    process.on('uncaughtException', (error) => this.#die(error, 'udscope has failed'));
    process.on('SIGTERM', () => this.#stop('SIGTERM'));
    process.on('SIGINT', () => this.#stop('SIGINT'));
    process.on('SIGHUP', () => {
      // The log says what came of it.
      this.#reload().catch(() => {});
    });
    this.#warn(this.#loaded);
    try {
      await this.#changes.run(() => this.#applyFirst());
    } catch (error) {
      const message = `${(error as Error).message}${limitHint(error)}`;
      this.#logger.fatal(message);
      endProcessWithin(END_MS);
      this.#handover.fail(message);
      if (this.#handover.isPending) await this.#service.retire();
      await this.#service.shutdown(deadlineNow(), deadlineNow());
      process.exit(1);
    }
    if (this.#stopping) return;
    await this.#restore();
    closeUnclaimed(this.#store, this.#logger);
    this.#history.loaded(this.#loaded.files);
    this.#handover.offer(handoverDirectory(this.#loaded.config));
    this.#notify('READY', 'relaying');
    this.#logger.info('udscope is ready');
  }

  /** Applies the configuration, or one in its place. */
  async #applyFirst(): Promise<void> {
    await this.#handover.find();
    for (;;) {
      try {
        await this.#service.apply(this.#loaded.config);
        await this.#handover.takeOver();
        return;
      } catch (error) {
        const instead = this.#instead(error);
        if (instead === undefined) throw error;
        this.#loaded = instead;
        this.#warn(instead);
      }
    }
  }

  /** What is relayed already does not depend on it. */
  async #restore(): Promise<void> {
    try {
      const count = await this.#changes.run(() => this.#service.restore());
      if (count > 0) this.#logger.info(`relaying the sockets of ${count} containers as before`);
    } catch (error) {
      this.#logger.error(`containers are not known any more: ${(error as Error).message}`);
    }
  }

  #warn({ config, warnings }: LoadedConfiguration): void {
    for (const warning of warnings) this.#logger.warn(warning);
    if (config.telemetryDisabled)
      this.#logger.warn('OTEL_SDK_DISABLED is true: relaying without any metrics');
  }

  /** Loads the configuration again. Whoever asks before that begins has the same outcome. @throws ControlError */
  #reload(): Promise<Reload> {
    this.#nextReload ??= this.#changes.run(() => {
      this.#nextReload = undefined;
      return this.#reloadNow();
    });
    return this.#nextReload;
  }

  async #reloadNow(): Promise<Reload> {
    if (this.#stopping) throw new ControlError(503, 'the agent is stopping');
    if (this.#handover.isRetired) throw new ControlError(409, 'another agent has taken over; ask that one');
    this.#notify('RELOADING', 'loading the configuration');
    try {
      const loaded = this.#load();
      this.#warn(loaded);
      const changes = changesBetween(this.#loaded.config, loaded.config);
      await this.#service.apply(loaded.config);
      this.#logger.level = loaded.config.service.telemetry.logs.level;
      this.#loaded = loaded;
      this.#history.loaded(loaded.files);
      this.#logger.info('configuration reloaded');
      this.#notify('READY', 'relaying');
      const { files, warnings } = loaded;
      return { files: files.map((file) => resolve(file)), changes, warnings: [...warnings] };
    } catch (error) {
      const { message } = error as Error;
      this.#history.notReloaded(message);
      this.#logger.error(`configuration not reloaded, nothing has changed:\n${message}`);
      this.#notify('READY', 'relaying as before: the configuration could not be reloaded, the log says why');
      throw reloadRefusal(error);
    }
  }

  /** The supervisor has ended to be started again, or for good: it cannot know. All goes on until the next one's agent takes over. */
  #awaitSuccessor(): void {
    this.#logger.info('the supervisor has ended; another agent may take over now');
    setTimeout(() => {
      if (!this.#handover.isRetired && !this.#stopping) this.#stop('SIGTERM');
    }, SUCCESSOR_MS);
  }

  /** Another agent has taken over: ends with the last connection. */
  async #drain(successor: number): Promise<void> {
    const timeoutMs = this.#loaded.config.service.drain_timeout;
    this.#logger.info(`pid ${successor} has taken over; this process relays what is open until it ends`);
    const isDrained = await settlesBefore(
      this.#service.drained(),
      timeoutMs === 0 ? Number.POSITIVE_INFINITY : deadlineNow() + timeoutMs,
    );
    if (this.#stopping) return;
    this.#stopping = true;
    if (!isDrained) this.#logger.warn('drain_timeout is over');
    const nowMs = deadlineNow();
    await this.#stopService(nowMs, nowMs + SHUTDOWN_MS);
    await this.#handover.end();
    process.exit(0);
  }

  #stop(signal: keyof typeof SIGNAL_NUMBERS): void {
    if (this.#stopping) {
      endProcessWithin(END_AT_ONCE_MS);
      process.exit(SIGNAL_EXIT_BASE + SIGNAL_NUMBERS[signal]);
    }
    this.#stopping = true;
    this.#logger.info(`${signal}: stopping; send it again to stop at once`);
    void this.#shutdown(0);
  }

  /** Stops the agent after an error that it cannot recover from. Its supervisor starts it again. */
  #die(error: unknown, message: string): void {
    this.#logger.fatal({ err: error }, message);
    if (this.#stopping) return;
    this.#stopping = true;
    // An orderly stop would remove the listening sockets. Left alone, they are the next process's, with the clients that wait.
    if (this.#launch?.isKept === true) {
      endProcessWithin(END_AT_ONCE_MS);
      process.exit(1);
    }
    void this.#shutdown(1);
  }

  async #shutdown(exitCode: number): Promise<void> {
    this.#notify('STOPPING', 'draining');
    endProcessWithin(END_MS);
    const nowMs = deadlineNow();
    const stopped = this.#stopService(nowMs + DRAIN_MS, nowMs + SHUTDOWN_MS);
    const isStopped = await settlesBefore(stopped, nowMs + SHUTDOWN_MS);
    await settlesBefore(this.#handover.leave(), nowMs + SHUTDOWN_MS);
    if (!isStopped) this.#logger.error('not stopped in time; the rest is left undone');
    process.exit(isStopped && (await stopped) ? exitCode : 1);
  }

  /** Resolves to false when stopping failed. */
  async #stopService(drainDeadlineMs: number, deadlineMs: number): Promise<boolean> {
    try {
      // A start or reload may still be going on.
      await settlesBefore(
        this.#changes.run(() => {}),
        drainDeadlineMs,
      );
      if (this.#handover.isPending) await this.#service.retire();
      await this.#service.shutdown(drainDeadlineMs, deadlineMs);
      this.#logger.info('stopped');
      return true;
    } catch (error) {
      this.#logger.error({ err: error }, 'while stopping');
      return false;
    }
  }

  #notify(state: ServiceState, status: string): void {
    try {
      notify(this.#launch?.manager, state, status);
    } catch (error) {
      this.#logger.warn((error as Error).message);
    }
  }
}
