import type { ConfiguredComponent, Finding, Path, UsedComponent } from '../../values/finding.js';
import { fields, type UnknownMap } from '../../values/map.js';
import { SIGNALS, type Signal } from '../../values/signal.js';
import { PATHS } from './paths.js';
import { tlsSchema } from './tls-config.js';
import { readTls, TlsError } from './tls-material.js';

/** Keys that do not mean something to all signals, by those that they mean something to. */
const KEYS: readonly (readonly [readonly Signal[], readonly string[]])[] = [
  [['metrics'], ['metrics_endpoint', 'interval', 'temporality']],
  [['traces'], ['traces_endpoint']],
  [['logs'], ['logs_endpoint']],
  [['traces', 'logs'], ['sending_queue']],
];

/** Finds certificates and keys that cannot be used, as the start would. */
export function checkOtlpHttp(exporters: readonly ConfiguredComponent[]): Finding[] {
  return exporters
    .filter(({ used }) => used)
    .flatMap(({ path, body }) => {
      const tls = tlsSchema.safeParse(fields(body)['tls'] ?? {});
      // The schema speaks of what it refuses.
      if (!tls.success) return [];
      try {
        readTls(tls.data);
        return [];
      } catch (error) {
        if (!(error instanceof TlsError)) throw error;
        return [{ path: [...path, 'tls', error.key], message: error.message }];
      }
    });
}

/** Finds what would be sent to a place that no receiver has, and keys of a signal that is not sent. */
export function warnOfOtlpHttp({ path, body, signals }: UsedComponent): Finding[] {
  const map = fields(body);
  return [
    ...KEYS.filter(([its]) => !its.some((signal) => signals.includes(signal))).flatMap(([its, keys]) =>
      warnOfIdle(map, path, its, keys),
    ),
    ...warnOfTls(map, path, signals),
    ...signals.flatMap((signal) => warnOfBareUrl(map, path, signal)),
    ...warnOfEndpoint(
      map['endpoint'],
      signals.filter((signal) => ownEndpoint(map, signal) === undefined),
    ).map((message) => ({ path: [...path, 'endpoint'], message })),
  ];
}

/** TLS is spoken with https: alone. */
function warnOfTls(map: UnknownMap, path: Path, signals: readonly Signal[]): Finding[] {
  const tls = fields(map['tls']);
  const isSaid = Object.entries(tls).some(
    ([key, value]) => !key.endsWith('_version') && value !== null && value !== false,
  );
  if (!isSaid) return [];
  const urls = signals.map((signal) => ownEndpoint(map, signal) ?? map['endpoint'] ?? 'http:');
  if (!urls.some((url) => typeof url === 'string' && /^https:/i.test(url))) {
    const message = 'does nothing: TLS is spoken to https:// alone';
    return [{ path: [...path, 'tls'], message, ofKey: true }];
  }
  if (tls['insecure_skip_verify'] !== true) return [];
  const message = 'lets anybody on the way pass for the server; trust its certificate with ca_file instead';
  return [{ path: [...path, 'tls', 'insecure_skip_verify'], message: `true ${message}` }];
}

function warnOfIdle(
  map: UnknownMap,
  path: Path,
  signals: readonly Signal[],
  keys: readonly string[],
): Finding[] {
  const message = `does nothing: no ${signals.join(' or ')} pipeline has this exporter`;
  return keys
    .filter((key) => map[key] !== undefined && map[key] !== null)
    .map((key) => ({ path: [...path, key], message, ofKey: true }));
}

/** The URL of one signal is used as it is, so that one without a path leads to none of a receiver's. */
function warnOfBareUrl(map: UnknownMap, path: Path, signal: Signal): Finding[] {
  const written = ownEndpoint(map, signal);
  if (typeof written !== 'string' || !URL.canParse(written) || new URL(written).pathname !== '/') return [];
  const message = `has no path, and none is added; give one, usually ${PATHS[signal]}, or give the URL as endpoint`;
  return [{ path: [...path, `${signal}_endpoint`], message }];
}

function ownEndpoint(map: UnknownMap, signal: Signal): unknown {
  return map[`${signal}_endpoint`] ?? undefined;
}

/** `signals`: those that are sent there. */
function warnOfEndpoint(endpoint: unknown, signals: readonly Signal[]): string[] {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || url.protocol === 'unix:' || signals.length === 0) return [];
  if (url.port === '4317')
    return ['has the port of OTLP over gRPC, which udscope does not speak; OTLP over HTTP has 4318'];
  const written = url.pathname.replace(/\/*$/, '');
  const whole = SIGNALS.find((signal) => written.endsWith(PATHS[signal]));
  if (whole === undefined) return [];
  const added = signals.map((signal) => PATHS[signal]).join(' or ');
  return [
    `ends in ${PATHS[whole]}, and ${added} is added to it; leave the path out, or give the URL as ${whole}_endpoint`,
  ];
}
