import { isIPv6 } from 'node:net';
import { parseEndpoint, parseHttpOrUnixUrl, parseHttpUrl } from '../values/endpoint.js';
import { parseHeaderName, parseHeaderValue } from '../values/header.js';
import { accept, type Parsed, refuse } from '../values/parsed.js';
import { SIGNALS, type Signal } from '../values/signal.js';
import { type Read, readTlsVariables } from './environment-tls.js';
import { show } from './show.js';
import type { Environment } from './substitution.js';

/*
 * The OTEL_* variables of the OpenTelemetry specification fill in what the file leaves out. Other programs may
 * share them, so a value that cannot be read does not keep the agent from starting: it is ignored, with a warning
 * that names the variable.
 */

/** Keys of a component that variables fill, written as in the file, and warnings about unreadable values. */
export interface ComponentDefaults {
  readonly values: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

export interface EnvironmentSettings {
  /** Defaults for an exporter of a type that exports these signals; undefined when the type takes none. */
  readonly defaultsOf: (type: string, signals: readonly Signal[]) => ComponentDefaults | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly telemetryDisabled: boolean;
  readonly warnings: readonly string[];
}

export function readEnvironment(env: Environment): EnvironmentSettings {
  const warnings: string[] = [];
  const read = reader(env, warnings);
  const serviceName = read(['OTEL_SERVICE_NAME'], accept);
  const attributes = read(['OTEL_RESOURCE_ATTRIBUTES'], parseAttributes) ?? {};
  return {
    defaultsOf: (type, signals) => {
      const typeWarnings: string[] = [];
      const values = EXPORTERS.get(type)?.(reader(env, typeWarnings), signals);
      return values && { values, warnings: typeWarnings };
    },
    resource: serviceName === undefined ? attributes : { ...attributes, 'service.name': serviceName },
    telemetryDisabled: read(['OTEL_SDK_DISABLED'], parseBoolean) ?? false,
    warnings,
  };
}

/**
 * A component's body with the keys that variables add. When the file has an endpoint, a variable's endpoint for
 * one signal is left out: it would send that signal elsewhere than the file says.
 */
export function fillBody(body: unknown, defaults: ComponentDefaults | undefined): unknown {
  if (defaults === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const hasEndpoint = Object.hasOwn(body, 'endpoint');
  const values = Object.entries(defaults.values).filter(
    ([key, value]) => value !== undefined && !(hasEndpoint && SIGNAL_ENDPOINTS.includes(key)),
  );
  return { ...Object.fromEntries(values), ...body };
}

const SIGNAL_ENDPOINTS = SIGNALS.map((signal) => `${signal}_endpoint`);

function reader(env: Environment, warnings: string[]): Read {
  return (names, parse) => {
    // By the specification, an empty variable counts as not set.
    const name = names.find((candidate) => env[candidate] !== undefined && env[candidate] !== '');
    if (name === undefined) return undefined;
    const text = env[name] ?? '';
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    const shown = /HEADERS$|_ATTRIBUTES$/.test(name) ? 'its value' : show(text);
    warnings.push(`${name}: ${shown} ${parsed.refusal}; the variable is ignored`);
    return undefined;
  };
}

type ReadExporter = (read: Read, signals: readonly Signal[]) => Record<string, unknown>;

/** By type of exporter. */
const EXPORTERS = new Map<string, ReadExporter>([
  ['otlphttp', readOtlp],
  ['prometheus', readPrometheus],
  ['debug', (read) => ({ interval: readInterval(read) })],
]);

/**
 * Keys of one signal are filled for an exporter of that signal. Every other key holds for all signals of an exporter, so
 * the variable of one signal counts only for an exporter of that signal alone: its value, which may be a secret, is not
 * meant for other signals.
 */
function readOtlp(read: Read, signals: readonly Signal[]): Record<string, unknown> {
  const [only] = signals.length === 1 ? signals : [];
  const both = (suffix: string) => [
    ...(only === undefined ? [] : [`OTEL_EXPORTER_OTLP_${only.toUpperCase()}_${suffix}`]),
    `OTEL_EXPORTER_OTLP_${suffix}`,
  ];
  return {
    endpoint: read(['OTEL_EXPORTER_OTLP_ENDPOINT'], parseHttpOrUnixUrl),
    headers: read(both('HEADERS'), parseHeaders),
    compression: read(both('COMPRESSION'), oneOf('gzip', 'none')),
    encoding: read(both('PROTOCOL'), parseProtocol),
    timeout: read(both('TIMEOUT'), parseMilliseconds),
    tls: readTlsVariables(read, both),
    ...(signals.includes('metrics') ? readMetrics(read) : {}),
    ...(signals.includes('traces') ? readTraces(read) : {}),
    ...(signals.includes('logs') ? readLogs(read) : {}),
  };
}

function readMetrics(read: Read): Record<string, unknown> {
  const temporality = oneOf('cumulative', 'delta', 'lowmemory');
  return {
    metrics_endpoint: read(['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'], parseHttpUrl),
    interval: readInterval(read),
    temporality: read(['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'], temporality),
  };
}

function readTraces(read: Read): Record<string, unknown> {
  return { traces_endpoint: read(['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], parseHttpUrl) };
}

function readLogs(read: Read): Record<string, unknown> {
  return { logs_endpoint: read(['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'], parseHttpUrl) };
}

function readInterval(read: Read): string | undefined {
  return read(['OTEL_METRIC_EXPORT_INTERVAL'], parseMilliseconds);
}

function readPrometheus(read: Read): Record<string, unknown> {
  const host = read(['OTEL_EXPORTER_PROMETHEUS_HOST'], parseHost);
  const port = read(['OTEL_EXPORTER_PROMETHEUS_PORT'], parsePort);
  if (host === undefined && port === undefined) return {};
  return { endpoint: `${host ?? 'localhost'}:${port ?? '9464'}` };
}

/** A host as endpoints write it: an IPv6 address in brackets. */
function parseHost(text: string): Parsed<string> {
  const host = isIPv6(text) ? `[${text}]` : text;
  return parseEndpoint(`${host}:0`).ok ? accept(host) : refuse('is not a host');
}

function parsePort(text: string): Parsed<string> {
  return parseEndpoint(`:${text}`).ok ? accept(text) : refuse('is not a port');
}

function oneOf(...values: string[]) {
  return (text: string): Parsed<string> =>
    values.includes(text.toLowerCase())
      ? accept(text.toLowerCase())
      : refuse(`is not one of ${values.join(', ')}`);
}

function parseBoolean(text: string): Parsed<boolean> {
  const parsed = oneOf('true', 'false')(text);
  return parsed.ok ? accept(parsed.value === 'true') : parsed;
}

function parseProtocol(text: string): Parsed<string> {
  if (text === 'http/protobuf') return accept('proto');
  if (text === 'http/json') return accept('json');
  if (text === 'grpc') return refuse('is not supported by udscope; give http/protobuf or http/json');
  return refuse('is not one of http/protobuf, http/json');
}

/** Durations are whole milliseconds in the environment. The result is written as in the file. */
function parseMilliseconds(text: string): Parsed<string> {
  return /^\d{1,9}$/.test(text) && Number(text) > 0
    ? accept(`${Number(text)}ms`)
    : refuse('is not a number of milliseconds from 1 to 999999999');
}

function parseHeaders(text: string): Parsed<Readonly<Record<string, string>>> {
  const pairs = parsePairs(text);
  const valid = pairs?.every(([name, value]) => parseHeaderName(name).ok && parseHeaderValue(value).ok);
  return pairs !== undefined && valid === true
    ? accept(Object.fromEntries(pairs))
    : refuse('is not a list of headers as name=value,name=value');
}

function parseAttributes(text: string): Parsed<Readonly<Record<string, string>>> {
  const pairs = parsePairs(text);
  return pairs === undefined
    ? refuse('is not a list of attributes as name=value,name=value')
    : accept(Object.fromEntries(pairs));
}

/** `name=value,name=value` with percent-encoding. By the specification, one bad pair discards all of them. */
function parsePairs(text: string): [string, string][] | undefined {
  const members = text.split(',').filter((member) => member.trim() !== '');
  const pairs = members.map(parsePair);
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

function parsePair(member: string): [string, string] | undefined {
  const separator = member.indexOf('=');
  try {
    const name = decodeURIComponent(member.slice(0, separator).trim());
    const value = decodeURIComponent(member.slice(separator + 1).trim());
    return separator < 1 || name === '' ? undefined : [name, value];
  } catch {
    return undefined;
  }
}
