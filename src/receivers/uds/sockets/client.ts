import type { Attributes } from '@opentelemetry/api';
import { clientOfCgroup, clientOfContainer, clientOfUser } from '../../../identity/client.js';
import type { ProcessIdentity } from '../../../identity/identity.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { SeriesOwner } from '../../../telemetry/series.js';
import { ownerAttributes } from './attributes.js';
import type { RelayedSocket } from './relayed-socket.js';

/** What tells of the process that has connected. */
type ClientProcessSnapshot = Pick<ProcessSnapshot, 'uid' | 'cgroup'>;

/**
 * Whose share of what is bounded a socket's traffic with one peer takes, and how metrics name him. It is who a relay thread
 * takes him for by his cgroup; where that says nothing, the container that a runtime's state tells of, and else the
 * user. Where nobody knows, or nobody asks, it is all who connect to the socket.
 *
 * @param selected names of the attributes that metrics carry: others do not name the client either.
 * @param peer what the snapshot says.
 */
export function clientOf(
  socket: RelayedSocket,
  selected: readonly string[],
  peer: ProcessIdentity | undefined,
  snapshot: ClientProcessSnapshot | undefined,
): SeriesOwner {
  if (socket.container !== null) {
    const key = clientOfContainer(socket.container.id);
    return { key, attributes: ownerAttributes(socket, selected, undefined) };
  }
  if (peer === undefined || snapshot === undefined) {
    return { key: `socket ${socket.name}`, attributes: { 'uds.socket.name': socket.name } };
  }
  const found = peer.container === undefined ? undefined : clientOfContainer(peer.container.id);
  const key = clientOfCgroup(snapshot.cgroup) ?? found ?? clientOfUser(snapshot.uid);
  const isPeer = key === found;
  return { key, attributes: isPeer ? ownerAttributes(socket, selected, peer) : namedBy(key, selected) };
}

/** Who is meant by a peer that stands for all of a client: its container, and else nobody that could be named. */
export function anyoneOf({ key }: SeriesOwner, { container }: ProcessIdentity): ProcessIdentity {
  const isAll = container !== undefined && key === clientOfContainer(container.id);
  return { container: isAll ? container : undefined, executable: undefined };
}

/** The name of a user, or of a container that others are in. */
function namedBy(key: string, selected: readonly string[]): Attributes {
  if (!selected.includes('container.id')) return {};
  const id = key.slice(key.indexOf(' ') + 1);
  return key === clientOfContainer(id) ? { 'container.id': id } : { 'process.user.id': Number(id) };
}
