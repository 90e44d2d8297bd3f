import type { Configuration } from '../configuration/index.js';
import { ListenError } from '../linux/unix-listener.js';
import { captureSettings } from '../processors/capture/settings-of.js';
import { StrategyError } from '../processors/capture/strategies/module-strategy.js';
import { moduleIn } from '../processors/capture/strategies/settings.js';
import { CredentialsError, UpstreamError } from '../receivers/uds/index.js';
import type { Path } from '../values/finding.js';

/** A component could not be started. The message says which, why, and where it is configured. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'UDSCOPE_START';
}

/** A component that could not be started, and where it is in the configuration. */
export class ComponentStartError extends Error {
  override readonly name = 'ComponentStartError';

  constructor(
    readonly path: Path,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The same error with its place in the configuration, if that is known. */
export function locateStartError(error: unknown, configuration: Configuration): unknown {
  const path = configuredPath(error, configuration);
  if (path === undefined) return error;
  const { message } = error as Error;
  return new StartError(`${configuration.positions(path)}: ${message}`, { cause: error });
}

function configuredPath(error: unknown, configuration: Configuration): Path | undefined {
  if (error instanceof ComponentStartError) return error.path;
  if (error instanceof StrategyError) return modulePath(error, configuration);
  if (error instanceof CredentialsError) return socketPath(error, 'credentials', configuration);
  if (error instanceof UpstreamError) return socketPath(error, 'upstream', configuration);
  return error instanceof ListenError ? socketPath(error, 'listen', configuration) : undefined;
}

/** The place of a key of the socket that is to listen on a path. */
function socketPath({ path }: { path: string }, key: string, { receivers }: Configuration): Path | undefined {
  for (const { id, config } of receivers.values()) {
    const index = config.sockets.findIndex(({ listen }) => listen === path);
    if (index >= 0) return ['receivers', id, 'sockets', index, key];
  }
  return undefined;
}

/** The place where the failed module is named. */
function modulePath({ file }: StrategyError, configuration: Configuration): Path | undefined {
  for (const { id, type, config } of configuration.processors.values()) {
    if (type !== 'capture') continue;
    const settings = captureSettings(id, config, configuration.fileOf(['processors', id, 'module']));
    if (settings === undefined || moduleIn(settings.strategy)?.file !== file) continue;
    return ['processors', id, ...(config.strategy === 'module' ? [] : ['then']), 'module'];
  }
  return undefined;
}
