import { ConfigurationError } from '../configuration/errors.js';
import { type LoadedConfiguration, loadConfiguration } from '../configuration/load.js';
import { serve } from './serve.js';

export interface RelayOptions {
  name?: string;
  containerId?: string;
  credentials?: string;
  prometheus?: string;
  otlp?: string;
  interval: string;
}

/** What the places in the configuration are called on this command's line. */
const ARGUMENTS: readonly (readonly [path: string, argument: string])[] = [
  ['receivers.uds.sockets[0].listen', 'LISTEN'],
  ['receivers.uds.sockets[0].upstream', 'UPSTREAM'],
  ['receivers.uds.sockets[0].name', '--name'],
  ['receivers.uds.sockets[0].container.id', '--container-id'],
  ['receivers.uds.sockets[0].credentials', '--credentials'],
  ['exporters.prometheus.endpoint', '--prometheus'],
  ['exporters.otlphttp.endpoint', '--otlp'],
  ['exporters.otlphttp.interval', '--interval'],
];

/** Relays one socket; the options make the configuration that a file would otherwise be. */
export async function relay(listen: string, upstream: string, options: RelayOptions): Promise<void> {
  const sets = relayConfiguration(listen, upstream, options);
  await serve(() => inOwnWords(() => loadConfiguration({ files: [], sets, env: process.env })));
}

/** Mistakes are reported for the argument the user gave, not for the configuration made of it. */
function inOwnWords(load: () => LoadedConfiguration): LoadedConfiguration {
  try {
    const { config, warnings } = load();
    return { config: { ...config, positions: () => 'udscope relay' }, warnings };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) => {
      const argument = ARGUMENTS.find(([path]) => path === problem.path)?.[1];
      return argument === undefined ? problem : { ...problem, file: argument, line: undefined, path: '' };
    });
    throw new ConfigurationError(problems, error.warnings);
  }
}

/** The `--set` arguments that stand for the options. Values are JSON, which YAML reads as it is. */
export function relayConfiguration(listen: string, upstream: string, options: RelayOptions): string[] {
  const { name, containerId, credentials, otlp, interval } = options;
  const socket = {
    listen,
    upstream,
    name,
    credentials,
    container: containerId === undefined ? null : { id: containerId },
  };
  const sets = [set('receivers.uds.sockets', [socket])];
  const exporters: string[] = [];
  if (options.prometheus !== undefined || otlp === undefined) {
    exporters.push('prometheus');
    sets.push(
      set('exporters.prometheus', options.prometheus === undefined ? {} : { endpoint: options.prometheus }),
    );
  }
  if (otlp !== undefined) {
    exporters.push('otlphttp');
    sets.push(set('exporters.otlphttp', { endpoint: otlp, interval }));
  }
  return [...sets, set('service.pipelines.metrics', { receivers: ['uds'], exporters })];
}

// A dollar sign in a path is meant as one, not as the start of a substitution.
function set(key: string, value: unknown): string {
  return `${key}=${JSON.stringify(value).replaceAll('$', '$$$$')}`;
}
