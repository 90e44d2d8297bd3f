import type { SeriesOwner } from '../../metrics/series.js';
import { ownerAttributes } from './attributes.js';
import { clientOfContainer, clientOfUser, ownerOf } from './identity/client.js';
import type { Evidence } from './identity/evidence.js';
import type { PeerIdentity } from './identity/identity.js';
import type { RelayedSocket } from './relayed-socket.js';

/**
 * Whose share of what is bounded a socket's traffic with one peer takes: that of a container, or of a user where there is
 * none. Cgroups that others than root have named say no more here than on the relay's threads: it is that of the outermost
 * container, or of the user. Where nobody knows, or nobody asks, it is that of all who connect to the socket.
 *
 * @param selected names of the attributes that metrics carry: others do not name the client either.
 * @param peer what the evidence says.
 */
export function seriesOwner(
  socket: RelayedSocket,
  selected: readonly string[],
  peer: PeerIdentity | undefined,
  evidence: Pick<Evidence, 'uid' | 'cgroup'> | undefined,
): SeriesOwner {
  if (socket.container !== null) return containerClient(socket, selected, socket.container.id, undefined);
  if (peer === undefined || evidence === undefined) {
    return { key: `socket ${socket.name}`, attributes: { 'uds.socket.name': socket.name } };
  }
  const { container } = peer;
  // Files that root alone can write say who it is.
  if (container !== undefined && container.cgroup === undefined)
    return containerClient(socket, selected, container.id, peer);
  const owner = ownerOf(evidence.cgroup, evidence.uid);
  if ('container' in owner && owner.container === container?.id)
    return containerClient(socket, selected, container.id, peer);
  const isShown = selected.includes('container.id');
  if ('container' in owner) {
    const id = owner.container;
    return { key: clientOfContainer(id), attributes: isShown ? { 'container.id': id } : {} };
  }
  return { key: clientOfUser(owner.user), attributes: isShown ? { 'process.user.id': owner.user } : {} };
}

function containerClient(
  socket: RelayedSocket,
  selected: readonly string[],
  id: string,
  peer: PeerIdentity | undefined,
): SeriesOwner {
  return { key: clientOfContainer(id), attributes: ownerAttributes(socket, selected, peer) };
}
