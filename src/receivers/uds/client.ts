import type { SeriesOwner } from '../../metrics/series.js';
import { ownerAttributes } from './attributes.js';
import type { Evidence } from './identity/evidence.js';
import type { PeerIdentity } from './identity/identity.js';
import type { RelayedSocket } from './relayed-socket.js';

/**
 * Whose share of what is bounded a socket's traffic with one peer takes: that of a container, or of a user where there is
 * none, or where what says so is something that he can write himself. Where nobody knows, or nobody asks, it is that of all
 * who connect to the socket.
 *
 * @param selected names of the attributes that metrics carry: others do not name the client either.
 * @param peer what the evidence says.
 */
export function clientOf(
  socket: RelayedSocket,
  selected: readonly string[],
  peer: PeerIdentity | undefined,
  evidence: Pick<Evidence, 'uid'> | undefined,
): SeriesOwner {
  if (socket.container !== null) return containerClient(socket, selected, socket.container.id, undefined);
  if (peer === undefined || evidence === undefined) {
    return { key: `socket ${socket.name}`, attributes: { 'uds.socket.name': socket.name } };
  }
  const { container } = peer;
  if (container !== undefined && !container.isDoubtful) {
    return containerClient(socket, selected, container.id, peer);
  }
  const { uid } = evidence;
  const isShown = selected.includes('container.id');
  return { key: `uid ${uid}`, attributes: isShown ? { 'process.user.id': uid } : {} };
}

function containerClient(
  socket: RelayedSocket,
  selected: readonly string[],
  id: string,
  peer: PeerIdentity | undefined,
): SeriesOwner {
  return { key: `container ${id}`, attributes: ownerAttributes(socket, selected, peer) };
}
