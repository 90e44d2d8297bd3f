import type { LiveEvent } from '../../../processors/enrich/events.js';
import { type Glob, globMatches, parseGlob } from './glob.js';

export type EventFilter = (event: LiveEvent) => boolean;

/** Conditions of an event. One of several values is enough; without any, every operation and call passes. */
export interface Conditions {
  readonly sockets: readonly string[];
  /** Names of containers or programs of the host, or beginnings of ids. */
  readonly containers: readonly string[];
  /** As the configuration names them. An operation has none. */
  readonly protocols: readonly string[];
  /** Methods, with * for any characters. An operation has no method. */
  readonly methods: readonly string[];
  /** Only calls that failed. */
  readonly errors: boolean;
  readonly types: readonly string[];
}

/** With so many characters of an id, it is unlikely that two containers match. */
export const MIN_ID_PREFIX = 4;

export function eventFilter(conditions: Conditions): EventFilter {
  const { sockets, containers, protocols, methods, errors, types } = conditions;
  const checks: EventFilter[] = [];
  // Streams are for those who ask for them.
  if (types.length > 0) checks.push((event) => types.includes(event.type));
  else checks.push((event) => event.type !== 'stream');
  if (errors) checks.push((event) => event.type === 'call' && event.errorType !== undefined);
  if (sockets.length > 0) checks.push((event) => sockets.includes(event.socket));
  if (containers.length > 0) checks.push((event) => isOneOf(event, containers));
  if (protocols.length > 0) checks.push((event) => event.type === 'call' && protocols.includes(event.system));
  if (methods.length > 0) checks.push(methodCheck(methods.map(parseGlob)));
  return (event) => checks.every((check) => check(event));
}

/** Whether a container or program of the host has one of these names, or a container an id that begins with one of them. */
export function isOneOf(
  { container }: { readonly container: Readonly<Record<string, string>> },
  wanted: readonly string[],
): boolean {
  const id = container['container.id'] ?? '';
  const names = [container['container.name'], container['process.executable.name']];
  return wanted.some((text) => names.includes(text) || (text.length >= MIN_ID_PREFIX && id.startsWith(text)));
}

function methodCheck(globs: readonly Glob[]): EventFilter {
  return (event) => event.type === 'call' && globs.some((glob) => globMatches(glob, event.method));
}
