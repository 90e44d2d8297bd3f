import { clientOfCgroup, clientOfContainer, clientOfUser } from '../../../identity/client-key.js';
import type { ProcessIdentity } from '../../../identity/identity.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { SeriesOwner } from '../../../telemetry/series.js';
import { SeriesContainer } from '../../../telemetry/series-container.js';
import { clientContainer, ownerAttributes } from './attributes.js';
import type { RelayedSocket } from './relayed-socket.js';

/** What is read of the process that has connected. */
type ClientProcessSnapshot = Pick<ProcessSnapshot, 'uid' | 'cgroup'>;

/**
 * The owner of a flow's series: the client whose share of all that is bounded it takes, and the name of that client in
 * metrics. It is the client that a relay thread finds by the cgroup; where the cgroup says nothing, the container that a
 * runtime's state tells of, or else the user. All clients of a socket are one if they are not known or not asked for.
 *
 * @param selected names of the attributes that metrics carry: others do not name the client either
 * @param found what the snapshot says
 */
export function clientOf(
  socket: RelayedSocket,
  selected: readonly string[],
  found: ProcessIdentity | undefined,
  snapshot: ClientProcessSnapshot | undefined,
): SeriesOwner {
  if (socket.container !== null) {
    const key = clientOfContainer(socket.container.id);
    return {
      key,
      attributes: ownerAttributes(socket, selected, undefined),
      container: clientContainer(socket, selected, undefined),
    };
  }
  if (found === undefined || snapshot === undefined) {
    return { key: `socket ${socket.name}`, attributes: { 'uds.socket.name': socket.name } };
  }
  const container = found.container === undefined ? undefined : clientOfContainer(found.container.id);
  const key = clientOfCgroup(snapshot.cgroup) ?? container ?? clientOfUser(snapshot.uid);
  if (key !== container) return namedBy(key, selected);
  return {
    key,
    attributes: ownerAttributes(socket, selected, found),
    container: clientContainer(socket, selected, found),
  };
}

/** The process that stands for all processes of an owner: its container, or else none that could be named. */
export function anyoneOf({ key }: SeriesOwner, { container }: ProcessIdentity): ProcessIdentity {
  const isAll = container !== undefined && key === clientOfContainer(container.id);
  return { container: isAll ? container : undefined, executable: undefined };
}

/** The name of a user, or of a container with others in it. */
function namedBy(key: string, selected: readonly string[]): SeriesOwner {
  if (!selected.includes('container.id')) return { key, attributes: {} };
  const id = key.slice(key.indexOf(' ') + 1);
  if (key !== clientOfContainer(id)) return { key, attributes: { 'process.user.id': Number(id) } };
  const attributes = { 'container.id': id };
  return { key, attributes, container: new SeriesContainer(attributes) };
}
