import type { Extension, ExtensionContext } from '../extension.js';
import type { ControlExtensionConfig } from './config.js';
import { ControlServer } from './control-server.js';
import { createRoutes } from './routes.js';
import { ReportReader } from './unmonitored/report-reader.js';

export { createReadOnlyApi } from './read-only-api.js';
export { UNMONITORED_INSTRUMENTS } from './unmonitored/instruments.js';

/** Lets other programs look into the agent and change it, over HTTP on a Unix socket. */
export function createControlExtension(config: ControlExtensionConfig, context: ExtensionContext): Extension {
  return new ControlExtension(config, context);
}

class ControlExtension implements Extension {
  readonly #config: ControlExtensionConfig;
  readonly #context: ExtensionContext;
  readonly #server: ControlServer;
  readonly #reports: ReportReader;
  #stopped: Promise<void> | undefined;

  constructor(config: ControlExtensionConfig, context: ExtensionContext) {
    this.#config = config;
    this.#context = context;
    const { logger, relayPid, unmonitored, kept } = context;
    this.#server = new ControlServer({ ...config, relayPid, routes: createRoutes(context), logger, kept });
    this.#reports = new ReportReader({ control: config.socket, counts: unmonitored, logger });
  }

  async start(): Promise<void> {
    const { id, logger } = this.#context;
    try {
      await this.#server.start();
    } catch (error) {
      throw new Error(`${id}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    this.#reports.start();
    logger.info(`control API at ${this.#config.socket}`);
  }

  shutdown(deadlineMs: number): Promise<void> {
    this.#reports.close();
    this.#stopped ??= this.#server.close(deadlineMs);
    return this.#stopped;
  }

  leave(deadlineMs: number): Promise<void> {
    this.#reports.close();
    this.#stopped ??= this.#server.leave(deadlineMs);
    return this.#stopped;
  }
}
