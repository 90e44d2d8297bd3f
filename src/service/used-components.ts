import type { Configuration, ConfiguredOf } from '../configuration/index.js';

/** The receivers that are in a pipeline. */
export function usedReceivers(configuration: Configuration) {
  const used = new Set(configuration.pipelines.flatMap(({ receivers }) => receivers));
  return [...configuration.receivers.values()].filter(({ id }) => used.has(id));
}

/** The extensions that are listed. */
export function usedExtensions({
  service,
  extensions,
}: Configuration): Map<string, ConfiguredOf<'extensions'>> {
  return new Map([...extensions].filter(([id]) => service.extensions.includes(id)));
}

/** Those by which the agent is commanded. */
export function usedControls(configuration: Configuration) {
  return [...usedExtensions(configuration).values()].filter((each) => each.type === 'control');
}

/** Whether somebody may look at the agent in a browser. */
export function isDashboardUsed(configuration: Configuration): boolean {
  return [...usedExtensions(configuration).values()].some(({ type }) => type === 'dashboard');
}
