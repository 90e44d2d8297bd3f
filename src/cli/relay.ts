import { ConfigurationError, type LoadedConfiguration, loadConfiguration } from '../configuration/index.js';
import { serve } from './serve.js';

export interface RelayOptions {
  name?: string;
  containerId?: string;
  credentials?: string;
  prometheus?: string;
  otlp?: string;
  interval: string;
  /** Where the agent can be watched; undefined: nowhere. */
  control?: string;
}

/** The argument of this command that sets each place in the configuration. */
const ARGUMENTS: ReadonlyMap<string, string> = new Map([
  ['receivers.uds.sockets[0].listen', 'LISTEN'],
  ['receivers.uds.sockets[0].upstream', 'UPSTREAM'],
  ['receivers.uds.sockets[0].name', '--name'],
  ['receivers.uds.sockets[0].container.id', '--container-id'],
  ['receivers.uds.sockets[0].credentials', '--credentials'],
  ['exporters.prometheus.endpoint', '--prometheus'],
  ['exporters.otlphttp.endpoint', '--otlp'],
  ['exporters.otlphttp.interval', '--interval'],
  ['extensions.control.socket', '--control'],
]);

/** Relays one socket. The arguments take the place of a configuration file. */
export async function relay(listen: string, upstream: string, options: RelayOptions): Promise<void> {
  const sets = relayConfiguration(listen, upstream, options);
  await serve(() => inOwnWords(() => loadConfiguration({ files: [], sets, env: process.env })));
}

/** Reports mistakes for the argument that the user gave, not for the configuration made of it. */
function inOwnWords(load: () => LoadedConfiguration): LoadedConfiguration {
  try {
    const { config, files, warnings } = load();
    return { config: { ...config, positions: () => 'udscope relay' }, files, warnings };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) => {
      const argument = ARGUMENTS.get(problem.path);
      return argument === undefined ? problem : { ...problem, file: argument, line: undefined, path: '' };
    });
    throw new ConfigurationError(problems, error.warnings);
  }
}

/** The arguments as `--set` options. Values are JSON, which is YAML, too. */
function relayConfiguration(listen: string, upstream: string, options: RelayOptions): string[] {
  const { name, containerId, credentials, prometheus, otlp, interval } = options;
  const socket = {
    listen,
    upstream,
    name,
    credentials,
    container: containerId === undefined ? null : { id: containerId },
  };
  const sets = [set('receivers.uds.sockets', [socket])];
  const exporters: string[] = [];
  if (prometheus !== undefined || otlp === undefined) {
    exporters.push('prometheus');
    sets.push(set('exporters.prometheus', { endpoint: prometheus }));
  }
  if (otlp !== undefined) {
    exporters.push('otlphttp');
    sets.push(set('exporters.otlphttp', { endpoint: otlp, interval }));
  }
  if (options.control !== undefined) {
    sets.push(set('extensions.control', { socket: options.control }), set('service.extensions', ['control']));
  }
  // Calls are decoded with the defaults of a file, so that metrics have methods and the control socket has calls to show.
  const processors = ['capture', 'enrich'];
  sets.push(set('processors', { capture: {}, enrich: {} }));
  return [...sets, set('service.pipelines.metrics', { receivers: ['uds'], processors, exporters })];
}

// A dollar sign in an argument is a plain one, not the start of a substitution.
function set(key: string, value: unknown): string {
  return `${key}=${JSON.stringify(value).replaceAll('$', '$$$$')}`;
}
