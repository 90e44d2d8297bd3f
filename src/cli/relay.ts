import { ConfigurationError, type LoadedConfiguration, loadConfiguration } from '../configuration/index.js';
import { ComponentStartError } from '../service/start-error.js';
import { ownControlSocket } from './control/default-control.js';
import { serve } from './serve.js';

export interface RelayOptions {
  name?: string;
  containerId?: string;
  credentials?: string;
  prometheus?: string;
  otlp?: string;
  interval: string;
  /** Where the agent can be watched; undefined: where it is looked for; false: nowhere. */
  control?: string | false;
}

/** Where metrics are shown if the usual port is taken. */
const ANY_PORT = 'localhost:0';

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
]);

/** The place that --control sets, or without it the environment. */
const CONTROL_PLACE = 'extensions.control.socket';

/**
 * Relays one socket. The arguments take the place of a configuration file. What nobody asked for does not keep it from
 * relaying: beside another agent, it has another port, and cannot be watched.
 */
export async function relay(listen: string, upstream: string, options: RelayOptions): Promise<void> {
  const isDefault = options.control === undefined;
  const controlName = isDefault && process.env['UDSCOPE_CONTROL'] ? 'UDSCOPE_CONTROL' : '--control';
  const chosen = { ...options, control: options.control ?? ownControlSocket() ?? false };
  const load = () => {
    const sets = relayConfiguration(listen, upstream, chosen);
    return inOwnWords(() => loadConfiguration({ files: [], sets, env: process.env }), controlName);
  };
  const withoutControl = () => {
    chosen.control = false;
    return load();
  };
  const loadWatched = () => {
    try {
      return load();
    } catch (error) {
      if (!isDefault || chosen.control === false) throw error;
      // What is a mistake without it, too, is thrown here.
      const loaded = withoutControl();
      return warned(
        loaded,
        `${(error as Error).message}\ntail, top, ps and status cannot ask; give --control PATH`,
      );
    }
  };
  await serve(loadWatched, (error) => {
    const { message } = error as Error;
    const [kind, id] = failedComponent(error);
    if (kind === 'extensions' && isDefault && chosen.control !== false) {
      return warned(withoutControl(), `${message}; tail, top, ps and status cannot ask; give --control PATH`);
    }
    if (id !== 'prometheus' || !hasUsualPort(options) || chosen.prometheus === ANY_PORT) return undefined;
    chosen.prometheus = ANY_PORT;
    return warned(load(), `${message}; metrics have another port; --prometheus HOST:PORT chooses one`);
  });
}

function hasUsualPort({ prometheus }: RelayOptions): boolean {
  return prometheus === undefined && process.env['OTEL_EXPORTER_PROMETHEUS_PORT'] === undefined;
}

function warned(loaded: LoadedConfiguration, warning: string): LoadedConfiguration {
  return { ...loaded, warnings: [...loaded.warnings, warning] };
}

/** Kind and id of the component that could not be started. */
function failedComponent(error: unknown): readonly unknown[] {
  const { cause } = error as Error;
  return cause instanceof ComponentStartError ? cause.path : [];
}

/** Reports mistakes for the argument that the user gave, not for the configuration made of it. */
function inOwnWords(load: () => LoadedConfiguration, control: string): LoadedConfiguration {
  try {
    const { config, ...loaded } = load();
    return { ...loaded, config: { ...config, positions: () => 'udscope relay' } };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) => {
      const argument = problem.path === CONTROL_PLACE ? control : ARGUMENTS.get(problem.path);
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
  if (typeof options.control === 'string') {
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
