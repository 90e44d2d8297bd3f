import { loadConfiguration } from '../service/configuration/load.js';
import { serve } from './serve.js';

export interface RelayOptions {
  name?: string;
  containerId?: string;
  prometheus?: string;
  otlp?: string;
  interval: string;
}

/** Relays one socket; the options make the configuration that a file would otherwise be. */
export async function relay(listen: string, upstream: string, options: RelayOptions): Promise<void> {
  const sets = relayConfiguration(listen, upstream, options);
  await serve(() => loadConfiguration({ files: [], sets, env: process.env }));
}

/** The `--set` arguments that stand for the options. Values are JSON, which YAML reads as it is. */
export function relayConfiguration(listen: string, upstream: string, options: RelayOptions): string[] {
  const { name, containerId, otlp, interval } = options;
  const socket = {
    listen,
    upstream,
    name,
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
