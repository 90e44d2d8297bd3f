import type { Logger } from 'pino';
import { deadlineNow, settlesBefore } from '../async/deadline.js';
import { Serial } from '../async/serial.js';
import type { LoadedConfiguration } from '../configuration/index.js';
import { endProcessWithin } from '../linux/alarm.js';
import { mapLargeMemory } from '../linux/memory.js';
import { LoadHistory } from '../service/load-history.js';
import { createLog, redirectSdkDiagnostics, redirectWarnings } from '../service/logging.js';
import { notify, type ServiceState } from '../service/notify.js';
import { Service } from '../service/service.js';
import { limitHint } from './limits.js';
import { reportMistakes } from './report.js';

/** How long open connections may take to end by themselves after a signal, in ms. */
const DRAIN_MS = 5000;

/** How long an orderly stop may take: less than the 10 s that container engines wait, in ms. */
const SHUTDOWN_MS = 8000;

/** When the kernel ends the process even if a thread blocks it, in ms. */
const END_MS = 10_000;
const END_AT_ONCE_MS = 3000;

/** Rings and counters are larger than this, and mostly empty: mapped, they take only the memory they touch. */
const LARGE_BYTES = 1024 * 1024;

const SIGNAL_EXIT_BASE = 128;
const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** Another configuration for an agent that could not start with the one before; undefined if there is none. */
export type Alternative = (error: unknown) => LoadedConfiguration | undefined;

/**
 * Runs the agent in the foreground until a signal ends it. SIGTERM and SIGINT stop it in good order, a second one
 * stops it at once, SIGHUP reloads the configuration.
 */
export async function serve(
  load: () => LoadedConfiguration,
  instead: Alternative = () => undefined,
): Promise<void> {
  let loaded: LoadedConfiguration;
  try {
    loaded = load();
  } catch (error) {
    reportMistakes(error);
    return;
  }
  mapLargeMemory(LARGE_BYTES);
  await new Agent(load, loaded, instead).run();
}

class Agent {
  readonly #load: () => LoadedConfiguration;
  readonly #instead: Alternative;
  #loaded: LoadedConfiguration;
  readonly #logger: Logger;
  readonly #service: Service;
  readonly #history = new LoadHistory();
  #stopping = false;
  /** The start and the reloads run one after the other, and a shutdown after them. */
  readonly #changes = new Serial();

  constructor(load: () => LoadedConfiguration, loaded: LoadedConfiguration, instead: Alternative) {
    this.#load = load;
    this.#loaded = loaded;
    this.#instead = instead;
    const { logger, table } = createLog(loaded.config.service.telemetry.logs);
    this.#logger = logger;
    redirectSdkDiagnostics(logger);
    redirectWarnings(logger);
    this.#service = new Service({
      logger,
      health: [table],
      history: this.#history,
      fatal: (error) => this.#die(error, 'relay threads fail again and again'),
    });
  }

  async run(): Promise<void> {
    process.on('uncaughtException', (error) => this.#die(error, 'udscope has failed'));
    process.on('SIGTERM', () => this.#stop('SIGTERM'));
    process.on('SIGINT', () => this.#stop('SIGINT'));
    process.on('SIGHUP', () => {
      void this.#changes.run(() => this.#reload());
    });
    this.#warn(this.#loaded);
    try {
      await this.#changes.run(() => this.#applyFirst());
    } catch (error) {
      this.#logger.fatal(`${(error as Error).message}${limitHint(error)}`);
      endProcessWithin(END_MS);
      await this.#service.shutdown(deadlineNow(), deadlineNow());
      process.exit(1);
    }
    if (this.#stopping) return;
    this.#history.loaded(this.#loaded.files);
    this.#notify('READY', 'relaying');
    this.#logger.info('udscope is ready');
  }

  /** Applies the configuration, or one in its place. */
  async #applyFirst(): Promise<void> {
    for (;;) {
      try {
        await this.#service.apply(this.#loaded.config);
        return;
      } catch (error) {
        const instead = this.#instead(error);
        if (instead === undefined) throw error;
        this.#loaded = instead;
        this.#warn(instead);
      }
    }
  }

  #warn({ config, warnings }: LoadedConfiguration): void {
    for (const warning of warnings) this.#logger.warn(warning);
    if (config.telemetryDisabled)
      this.#logger.warn('OTEL_SDK_DISABLED is true: relaying without any metrics');
  }

  async #reload(): Promise<void> {
    if (this.#stopping) return;
    this.#notify('RELOADING', 'loading the configuration');
    let status = 'relaying';
    try {
      const loaded = this.#load();
      this.#warn(loaded);
      await this.#service.apply(loaded.config);
      this.#logger.level = loaded.config.service.telemetry.logs.level;
      this.#history.loaded(loaded.files);
      this.#logger.info('configuration reloaded');
    } catch (error) {
      const { message } = error as Error;
      this.#history.notReloaded(message);
      this.#logger.error(`configuration not reloaded, nothing has changed:\n${message}`);
      status = 'relaying as before: the configuration could not be reloaded, the log says why';
    }
    this.#notify('READY', status);
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
    void this.#shutdown(1);
  }

  async #shutdown(exitCode: number): Promise<void> {
    this.#notify('STOPPING', 'draining');
    endProcessWithin(END_MS);
    const nowMs = deadlineNow();
    const stopped = this.#stopService(nowMs + DRAIN_MS, nowMs + SHUTDOWN_MS);
    const isStopped = await settlesBefore(stopped, nowMs + SHUTDOWN_MS);
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
      notify(process.env['NOTIFY_SOCKET'], state, status);
    } catch (error) {
      this.#logger.warn((error as Error).message);
    }
  }
}
