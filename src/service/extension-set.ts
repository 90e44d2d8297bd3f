import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { createControlExtension } from '../extensions/control/index.js';
import type { EventSource } from '../processors/enrich/events.js';
import type { ConfiguredOf } from './configuration/index.js';
import { RunningSet } from './running-set.js';
import { ComponentStartError } from './start-error.js';

/** The extensions that run. `events`: what can be watched at the moment. */
export function createExtensionSet(
  logger: Logger,
  events: () => EventSource | undefined,
): RunningSet<ConfiguredOf<'extensions'>> {
  return new RunningSet({
    create: ({ id, config }) =>
      createControlExtension(config, {
        id,
        logger: logger.child({ extension: id }),
        get events() {
          return events();
        },
      }),
    isSame: (a, b) => a.type === b.type && isDeepStrictEqual(a.config, b.config),
    startError: (id, cause) => new ComponentStartError(['extensions', id], cause),
  });
}
