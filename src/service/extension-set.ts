import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { ConfiguredOf } from '../configuration/index.js';
import { createControlExtension, createReadOnlyApi } from '../extensions/control/index.js';
import { createDashboardExtension } from '../extensions/dashboard/index.js';
import type { ExtensionContext } from '../extensions/extension.js';
import type { EventSource } from '../processors/enrich/events.js';
import { RunningSet } from './running-set.js';
import { ComponentStartError } from './start-error.js';

/** What extensions can do with the agent. */
export interface ExtensionAccess {
  /** The events that can be watched at present; undefined while nothing is captured. */
  events(): EventSource | undefined;
  readonly agent: ExtensionContext['agent'];
  readonly unmonitored: ExtensionContext['unmonitored'];
  readonly kept: NonNullable<ExtensionContext['kept']>;
}

/** The extensions that run. */
export function createExtensionSet(
  logger: Logger,
  { events, agent, unmonitored, kept }: ExtensionAccess,
): RunningSet<ConfiguredOf<'extensions'>> {
  return new RunningSet({
    create: (extension) => {
      const { id } = extension;
      const context: ExtensionContext = {
        id,
        agent,
        unmonitored,
        relayPid: process.pid,
        kept,
        logger: logger.child({ extension: id }),
        get events() {
          return events();
        },
      };
      if (extension.type === 'control') return createControlExtension(extension.config, context);
      const showsPayload = extension.config.show_payload;
      const api = createReadOnlyApi(context, { showsPayload });
      return createDashboardExtension(extension.config, { id, logger: context.logger, kept, api });
    },
    isSame: (a, b) => a.type === b.type && isDeepStrictEqual(a.config, b.config),
    startError: (id, cause) => new ComponentStartError(['extensions', id], cause),
  });
}
