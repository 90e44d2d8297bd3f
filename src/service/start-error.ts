import { ListenError } from '../receivers/uds/listen-socket.js';
import type { Path } from '../values/finding.js';
import type { Configuration } from './configuration/index.js';

/** A component could not be started; the message says which, why, and where it is configured. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'UDSCOPE_START';
}

/** An exporter that could not be started. */
export class ExporterStartError extends Error {
  override readonly name = 'ExporterStartError';

  constructor(
    readonly id: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The same error with the place in the configuration it is about, as far as that is known. */
export function locateStartError(error: unknown, configuration: Configuration): unknown {
  const path = configuredPath(error, configuration);
  if (path === undefined) return error;
  const { message } = error as Error;
  return new StartError(`${configuration.positions(path)}: ${message}`, { cause: error });
}

function configuredPath(error: unknown, configuration: Configuration): Path | undefined {
  if (error instanceof ExporterStartError) return ['exporters', error.id];
  if (!(error instanceof ListenError)) return undefined;
  for (const { id, config } of configuration.receivers.values()) {
    const index = config.sockets.findIndex(({ listen }) => listen === error.path);
    if (index >= 0) return ['receivers', id, 'sockets', index, 'listen'];
  }
  return undefined;
}
