import type { AddressInfo } from 'node:net';
import { originOf } from '../../http/inet-server.js';
import type { Extension, ExtensionContext, ReadOnlyApi } from '../extension.js';
import type { DashboardExtensionConfig } from './config.js';
import { DashboardServer } from './dashboard-server.js';

export interface DashboardContext extends Pick<ExtensionContext, 'id' | 'logger' | 'kept'> {
  /** What the page shows. */
  readonly api: ReadOnlyApi;
}

/** An extension that has a page for people. */
export interface DashboardExtension extends Extension {
  /** Where it listens; undefined before it has started. */
  readonly address: AddressInfo | undefined;
}

/** Shows the agent in a browser. */
export function createDashboardExtension(
  config: DashboardExtensionConfig,
  context: DashboardContext,
): DashboardExtension {
  return new Dashboard(config, context);
}

class Dashboard implements DashboardExtension {
  readonly #context: DashboardContext;
  readonly #server: DashboardServer;
  #address: AddressInfo | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    { endpoint, allowed_hosts: allowedHosts }: DashboardExtensionConfig,
    context: DashboardContext,
  ) {
    const { id, api, logger, kept } = context;
    this.#context = context;
    this.#server = new DashboardServer({
      ...{ id, endpoint, allowedHosts, api, logger },
      ...(kept === undefined ? {} : { kept }),
    });
  }

  get address(): AddressInfo | undefined {
    return this.#address;
  }

  async start(): Promise<void> {
    this.#address = await this.#server.start();
    this.#context.logger.info(`dashboard at ${originOf(this.#address)}/`);
  }

  shutdown(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#server.close(deadlineMs);
    return this.#stopped;
  }

  leave(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#server.leave(deadlineMs);
    return this.#stopped;
  }
}
