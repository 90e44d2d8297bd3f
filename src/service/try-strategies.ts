import type { Configuration } from '../configuration/index.js';
import { checkStrategies } from '../receivers/uds/index.js';
import { capturePlan } from './capture-plan.js';
import { locateStartError } from './start-error.js';

/**
 * Loads the modules of strategies that a configuration uses, as its start would, in threads that end then.
 *
 * @throws StartError with the file and line of one that cannot be used
 */
export async function tryStrategies(configuration: Configuration): Promise<void> {
  const { receivers, pipelines, telemetryDisabled } = configuration;
  if (telemetryDisabled) return;
  const used = new Set(pipelines.flatMap((pipeline) => pipeline.receivers));
  for (const { id, config } of receivers.values()) {
    const plan = used.has(id) ? capturePlan(configuration, id) : undefined;
    if (plan === undefined) continue;
    try {
      await checkStrategies(config.sockets.map((socket) => plan.capture(socket)?.strategy));
    } catch (error) {
      throw locateStartError(error, configuration);
    }
  }
}
