import type { ContainerRequest, ContainerStatus } from '../../../api/agent.js';
import type { PeerSocketStatus } from '../../../api/containers/schema.js';
import type { Origin } from '../../../api/traffic.js';
import { NAMESPACE_ATTRIBUTE } from '../../../identity/namesakes.js';
import { processAttributes, type SocketScope, scopeOf } from '../sockets/attributes.js';
import type { RelaySocket } from '../sockets/relay-socket.js';
import type { RelayedSocket } from '../sockets/relayed-socket.js';
import { trafficCounts } from './traffic-counts.js';

/** A socket, and earlier ones of its path that still have connections. */
export interface ReportedSocket {
  readonly socket: RelaySocket;
  readonly origin: Origin;
  readonly leaving: readonly RelaySocket[];
}

interface Traffic {
  readonly name: string;
  readonly path: string;
  scope: SocketScope | undefined;
  readonly rows: Float64Array[];
  readonly protocols: Set<string>;
}

interface Peer {
  namespace: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly origin: Origin;
  readonly sockets: Map<string, Traffic>;
}

/** What a container was registered with, if it was. */
type RequestOf = (id: string, namespace: string | undefined) => ContainerRequest | undefined;

/** The traffic of each container, of each program of the host, and of clients that could not be attributed. */
export function containerReport(
  sockets: Iterable<ReportedSocket>,
  requestOf: RequestOf = () => undefined,
): ContainerStatus[] {
  const peers = new Map<string, Peer>();
  for (const reported of sockets) addSocket(peers, reported);
  return Array.from(peers.values(), ({ namespace, attributes, origin, sockets: traffic }) => {
    const { 'container.id': id, ...others } = attributes;
    const status = {
      id,
      ...(namespace === undefined ? {} : { namespace }),
      attributes: others,
      origin,
      sockets: Array.from(traffic.values(), describe),
    };
    const registration = id === undefined ? undefined : requestOf(id, namespace);
    return registration === undefined ? status : { ...status, registration };
  });
}

function addSocket(peers: Map<string, Peer>, { socket, origin, leaving }: ReportedSocket): void {
  const { config } = socket;
  const own = ownAttributes(config);
  // A container's own socket is shown before it has traffic.
  if (own !== undefined) trafficOf(peerOf(peers, own, config.namespace, origin), config);
  for (const { flows } of [socket, ...leaving]) {
    for (const { client, server, counters, protocols } of flows) {
      const attributes = own ?? (client === undefined ? {} : processAttributes(client));
      const [namespace, from] =
        own === undefined ? [client?.container?.namespace, 'peer' as const] : [config.namespace, origin];
      const traffic = trafficOf(peerOf(peers, attributes, namespace, from), config);
      traffic.scope = scopeOf(server) ?? traffic.scope;
      traffic.rows.push(counters);
      for (const protocol of protocols) traffic.protocols.add(protocol);
    }
  }
}

function ownAttributes({ container, known }: RelayedSocket): Record<string, string> | undefined {
  if (container === null) return undefined;
  const { id, name, image, attributes } = container;
  return {
    'container.id': id,
    ...known,
    ...(name === undefined ? {} : { 'container.name': name }),
    ...(image === undefined ? {} : { 'container.image.name': image }),
    ...attributes,
  };
}

function peerOf(
  peers: Map<string, Peer>,
  attributes: Record<string, string>,
  namespace: string | undefined,
  origin: Origin,
): Peer {
  const { 'container.id': id, 'process.executable.name': executable } = attributes;
  // Containers of one id have this attribute, except for the first.
  const other = attributes[NAMESPACE_ATTRIBUTE] ?? '';
  const key = id === undefined ? `host ${executable ?? ''}` : `container ${id} ${other}`;
  let peer = peers.get(key);
  if (peer === undefined) {
    peer = { namespace, attributes, origin, sockets: new Map() };
    peers.set(key, peer);
  }
  peer.namespace ??= namespace;
  return peer;
}

function trafficOf({ sockets }: Peer, { name, path, upstream, listen }: RelayedSocket): Traffic {
  let traffic = sockets.get(listen);
  if (traffic === undefined) {
    traffic = { name, path: path ?? upstream, scope: undefined, rows: [], protocols: new Set() };
    sockets.set(listen, traffic);
  }
  return traffic;
}

function describe({ name, path, scope, rows, protocols }: Traffic): PeerSocketStatus {
  return { name, path, scope, protocols: [...protocols].sort(), counts: trafficCounts(rows) };
}
