import type { Finding, UsedComponent } from '../../values/finding.js';
import { fields, type UnknownMap } from '../../values/map.js';
import { SIGNALS, type Signal } from '../../values/signal.js';
import { PATHS } from './paths.js';

/** Finds what would be sent to a place that no receiver has, and endpoints that nothing is sent to. */
export function warnOfOtlpHttp({ path, body, signals }: UsedComponent): Finding[] {
  const map = fields(body);
  const idle = SIGNALS.filter(
    (signal) => !signals.includes(signal) && ownEndpoint(map, signal) !== undefined,
  );
  return [
    ...idle.map((signal) => ({
      path: [...path, `${signal}_endpoint`],
      message: `does nothing: no ${signal} pipeline has this exporter`,
    })),
    ...warnOfEndpoint(
      map['endpoint'],
      signals.filter((signal) => ownEndpoint(map, signal) === undefined),
    ).map((message) => ({ path: [...path, 'endpoint'], message })),
  ];
}

function ownEndpoint(map: UnknownMap, signal: Signal): unknown {
  return map[`${signal}_endpoint`] ?? undefined;
}

/** `signals`: those that are sent there. */
function warnOfEndpoint(endpoint: unknown, signals: readonly Signal[]): string[] {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || url.protocol === 'unix:' || signals.length === 0) return [];
  const written = url.pathname.replace(/\/*$/, '');
  const whole = SIGNALS.find((signal) => written.endsWith(PATHS[signal]));
  if (whole === undefined) return [];
  const added = signals.map((signal) => PATHS[signal]).join(' or ');
  return [
    `ends in ${PATHS[whole]}, and ${added} is added to it; leave the path out, or give the URL as ${whole}_endpoint`,
  ];
}
