import { resolve } from 'node:path';
import { nameRefusal } from '../../api/containers/attributes.js';
import { DEFAULT_CONTAINERS_DIRECTORY } from '../../layout/default-paths.js';
import type { WantedType } from '../../layout/upstream-type.js';
import { realSocketPath } from '../../linux/real-socket-path.js';
import { SOCKET_TYPES } from '../../linux/socket-type.js';
import type { ConfiguredComponent, Finding, NamedAttribute, Path } from '../../values/finding.js';
import { fields, isMap } from '../../values/map.js';
import { quote } from '../../values/quote.js';
import { absoluteSocketPath, socketPathRefusal } from '../../values/socket-path.js';
import { withoutUnixScheme } from '../../values/written-path.js';
import { checkAccounts } from './account-checks.js';
import { defaultSocketName } from './config.js';
import { defaultListen } from './default-listen.js';
import { leadsBack } from './sockets/loops.js';

/*
 * What no schema sees: mistakes between sockets, of one receiver or of several. The checks read the file as
 * it was written, so that a mistake elsewhere in a receiver does not hide these.
 */

interface WrittenSocket {
  readonly path: Path;
  readonly name: string | undefined;
  readonly listen: string | undefined;
  /** It listens where sockets of its name do unless told otherwise. */
  readonly isListenDefault: boolean;
  readonly upstream: string | undefined;
  readonly type: WantedType;
  /** It listens at the path of its upstream. */
  readonly takeover: boolean;
  readonly attributes: readonly string[];
}

/** All mistakes between the sockets of all `uds` receivers. */
export function checkUdsReceivers(receivers: readonly ConfiguredComponent[]): Finding[] {
  const sockets = receivers.flatMap(writtenSockets);
  return [
    ...receivers.filter((receiver) => receiver.used).flatMap(checkNotEmpty),
    ...repeated(sockets, realListen, sameListener),
    ...repeated(sockets, socketName, sameName),
    ...checkLoops(sockets),
    ...checkAccounts(receivers),
  ];
}

/** The attributes that a receiver's `container.attributes` bring to the metrics. */
export function udsAttributes(receiver: ConfiguredComponent): NamedAttribute[] {
  return writtenSockets(receiver).flatMap((socket) =>
    socket.attributes.map((name) => ({ name, path: [...socket.path, 'container', 'attributes', name] })),
  );
}

/** A path of a receiver, and where it is written or would be. */
export interface WrittenPath {
  readonly path: string;
  readonly at: Path;
}

/** The paths of a receiver that other components have to keep clear of. */
export function udsPaths(
  receiver: ConfiguredComponent,
): Record<'listens' | 'directories', WrittenPath[]> & { upstreams: (WrittenPath & { type: WantedType })[] } {
  const sockets = writtenSockets(receiver);
  // A path that is taken over is not one that containers mount by its directory.
  const pathsOf = (key: 'listen' | 'upstream') =>
    sockets.flatMap((socket) => {
      if (key === 'listen' && socket.takeover) return [];
      const path = socket[key];
      return path === undefined ? [] : [{ path, at: [...socket.path, key], type: socket.type }];
    });
  const { directory = DEFAULT_CONTAINERS_DIRECTORY } = fields(fields(receiver.body)['containers']);
  const isPath = typeof directory === 'string' && directory.startsWith('/');
  return {
    listens: pathsOf('listen'),
    upstreams: pathsOf('upstream'),
    directories: isPath
      ? [{ path: resolve(directory), at: [...receiver.path, 'containers', 'directory'] }]
      : [],
  };
}

function checkNotEmpty({ path, body }: ConfiguredComponent): Finding[] {
  const sockets = isMap(body) ? (body['sockets'] ?? []) : undefined;
  // `containers` asks for the sockets of containers that will be announced.
  if (!Array.isArray(sockets) || sockets.length > 0 || fields(body)['containers'] !== undefined) return [];
  return [
    {
      path: [...path, 'sockets'],
      message: 'has no socket; there is nothing to relay (containers: {} waits for those of containers)',
    },
  ];
}

/** A finding for each socket that has the key of an earlier one. */
function repeated(
  sockets: readonly WrittenSocket[],
  keyOf: (socket: WrittenSocket) => string | undefined,
  finding: (key: string, socket: WrittenSocket, earlier: WrittenSocket) => Finding | undefined,
): Finding[] {
  const firstWith = new Map<string, WrittenSocket>();
  return sockets.flatMap((socket) => {
    const key = keyOf(socket);
    if (key === undefined) return [];
    const earlier = firstWith.get(key);
    if (earlier !== undefined) return finding(key, socket, earlier) ?? [];
    firstWith.set(key, socket);
    return [];
  });
}

/** By links, as far as the path exists here, two spellings may be one. */
function realListen({ listen }: WrittenSocket): string | undefined {
  return listen === undefined ? undefined : realSocketPath(listen);
}

function sameListener(_: string, socket: WrittenSocket, earlier: WrittenSocket): Finding | undefined {
  const { listen = '' } = socket;
  // Then it is the name that is there twice.
  if (socket.isListenDefault && earlier.isListenDefault) return undefined;
  return {
    path: [...socket.path, socket.takeover ? 'upstream' : 'listen'],
    message: `${quote(listen)} is listened on twice; the other is`,
    other: [...earlier.path, earlier.takeover ? 'upstream' : 'listen'],
  };
}

function sameName(name: string, socket: WrittenSocket, earlier: WrittenSocket): Finding {
  const isDefault = socket.name === undefined;
  const origin = isDefault ? ', the file name of upstream,' : '';
  return {
    path: [...socket.path, isDefault ? 'upstream' : 'name'],
    message: `${quote(name)}${origin} is the name of two sockets, whose series could not be told apart; the other is`,
    other: earlier.path,
  };
}

function socketName({ name, upstream }: Pick<WrittenSocket, 'name' | 'upstream'>): string | undefined {
  return name ?? (upstream === undefined ? undefined : defaultSocketName(upstream));
}

/** Sockets whose bytes would come back to them, straight or by way of other sockets, for ever; as far as text tells. */
function checkLoops(sockets: readonly WrittenSocket[]): Finding[] {
  // What is taken over leads to where it was moved, and to nothing that is relayed.
  const hops = sockets.flatMap(({ path, listen, upstream, takeover }) =>
    listen === undefined || upstream === undefined || takeover ? [] : [{ path, listen, upstream }],
  );
  const byListener = new Map(hops.map((hop) => [hop.listen, hop]));
  const hopsAt = (listen: string) => [byListener.get(listen) ?? []].flat();
  return hops.flatMap((hop) => {
    const path = [...hop.path, 'upstream'];
    if (hop.upstream === hop.listen) {
      return [{ path, message: 'is the same socket as listen; it would be relayed to itself' }];
    }
    return leadsBack(hop, hopsAt, asWritten)
      ? [{ path, message: 'leads back to listen by way of other sockets; it would be relayed to itself' }]
      : [];
  });
}

/** Where the file is read may be another machine: nothing is looked at. */
function asWritten(path: string): string {
  return path;
}

function writtenSockets({ path, body }: ConfiguredComponent): WrittenSocket[] {
  const sockets = fields(body)['sockets'];
  if (!Array.isArray(sockets)) return [];
  return sockets.map((socket: unknown, index) => {
    const { name, listen, upstream, type, container, takeover } = fields(socket);
    const called = socketName({ name: textOf(name), upstream: pathOf(upstream) });
    const takes = takeover === true && listen === undefined;
    const defaultPath = takes ? pathOf(upstream) : defaultListenOf(called);
    return {
      path: [...path, 'sockets', index],
      name: textOf(name),
      listen: listen === undefined ? defaultPath : pathOf(listen),
      isListenDefault: listen === undefined && !takes,
      upstream: pathOf(upstream),
      type: SOCKET_TYPES.find((known) => known === type) ?? 'auto',
      takeover: takes,
      // The schema speaks of the others.
      attributes: Object.keys(fields(fields(container)['attributes'])).filter(isAttributeName),
    };
  });
}

function isAttributeName(name: string): boolean {
  return nameRefusal(name) === undefined;
}

/** undefined where the schema has something to say. */
function defaultListenOf(name: string | undefined): string | undefined {
  const listen = name === undefined ? undefined : defaultListen(name);
  return listen?.ok === true ? listen.value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function pathOf(value: unknown): string | undefined {
  const path = textOf(value);
  return path === undefined || socketPathRefusal(withoutUnixScheme(path)) !== undefined
    ? undefined
    : absoluteSocketPath(path);
}
