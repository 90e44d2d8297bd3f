import type {
  ContainerRequest,
  ContainerStatus,
  Origin,
  PeerSocketStatus,
} from '../extensions/agent-control.js';
import { peerAttributes, type SocketScope, scopeOf } from '../receivers/uds/attributes.js';
import type { RelaySocket } from '../receivers/uds/relay-socket.js';
import type { RelayedSocket } from '../receivers/uds/relayed-socket.js';
import type { Relaying } from '../receivers/uds/relaying.js';
import { trafficCounts } from './traffic-counts.js';

/** A socket with all that is relayed of it, under its present settings and earlier ones. */
export interface ReportedSocket {
  readonly socket: RelaySocket;
  readonly origin: Origin;
  readonly relayings: readonly Relaying[];
}

interface Traffic {
  readonly name: string;
  readonly path: string;
  scope: SocketScope | undefined;
  readonly rows: Float64Array[];
}

interface Peer {
  readonly attributes: Readonly<Record<string, string>>;
  readonly origin: Origin;
  readonly sockets: Map<string, Traffic>;
}

/**
 * Who uses the sockets, and how: each container, program of the host, and those nobody knows. `requests`: what
 * containers were registered with, by id.
 */
export function containerReport(
  sockets: Iterable<ReportedSocket>,
  requests: ReadonlyMap<string, ContainerRequest> = new Map(),
): ContainerStatus[] {
  const peers = new Map<string, Peer>();
  for (const reported of sockets) addSocket(peers, reported);
  return Array.from(peers.values(), ({ attributes, origin, sockets: traffic }) => {
    const { 'container.id': id, ...others } = attributes;
    const status = { id, attributes: others, origin, sockets: Array.from(traffic.values(), describe) };
    const registration = id === undefined ? undefined : requests.get(id);
    return registration === undefined ? status : { ...status, registration };
  });
}

function addSocket(peers: Map<string, Peer>, { socket, origin, relayings }: ReportedSocket): void {
  const { config } = socket;
  const own = ownAttributes(config);
  // A container's own socket is shown before anything has come through it.
  if (own !== undefined) trafficOf(peerOf(peers, own, origin), config);
  for (const relaying of relayings) {
    for (const { peer, server, counters } of relaying.lanes) {
      const attributes = own ?? (peer === undefined ? {} : peerAttributes(peer));
      const traffic = trafficOf(peerOf(peers, attributes, own === undefined ? 'peer' : origin), config);
      traffic.scope = scopeOf(server) ?? traffic.scope;
      traffic.rows.push(counters);
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

function peerOf(peers: Map<string, Peer>, attributes: Record<string, string>, origin: Origin): Peer {
  const { 'container.id': id, 'process.executable.name': executable } = attributes;
  const key = id === undefined ? `host ${executable ?? ''}` : `container ${id}`;
  let peer = peers.get(key);
  if (peer === undefined) {
    peer = { attributes, origin, sockets: new Map() };
    peers.set(key, peer);
  }
  return peer;
}

function trafficOf({ sockets }: Peer, { name, path, upstream, listen }: RelayedSocket): Traffic {
  let traffic = sockets.get(listen);
  if (traffic === undefined) {
    traffic = { name, path: path ?? upstream, scope: undefined, rows: [] };
    sockets.set(listen, traffic);
  }
  return traffic;
}

function describe({ name, path, scope, rows }: Traffic): PeerSocketStatus {
  return { name, path, scope, counts: trafficCounts(rows) };
}
