import type { LoadedConfiguration } from '../configuration/index.js';
import { tellPredecessors } from '../service/handover.js';
import { Launch } from '../service/launch.js';
import { Agent, type Alternative } from './agent.js';
import { reportMistakes } from './report.js';

/**
 * Runs the agent in the foreground until a signal ends it. SIGTERM and SIGINT stop it in good order, a second one
 * stops it at once, SIGHUP reloads the configuration.
 */
export async function serve(
  load: () => LoadedConfiguration,
  instead: Alternative = () => undefined,
): Promise<void> {
  let standby: Agent | undefined;
  const launch = await Launch.begin(process.env, async () => {
    standby = await Agent.warm(load, instead);
  });
  // It was a standby, and is not needed any more.
  if (launch === undefined) process.exit(0);
  let loaded: LoadedConfiguration;
  try {
    loaded = load();
  } catch (error) {
    reportMistakes(error);
    await tellPredecessors(launch, (error as Error).message);
    if (standby !== undefined) process.exit();
    return;
  }
  const isReady = standby?.takes(loaded) === true;
  if (!isReady) await standby?.discard();
  const agent = isReady && standby !== undefined ? standby : new Agent(load, loaded, instead);
  await agent.run(launch);
}
