import type { Attributes } from '@opentelemetry/api';
import type { ProcessIdentity } from '../../../identity/identity.js';
import { NAMESPACE_ATTRIBUTE } from '../../../identity/namesakes.js';
import { CONTAINER_ATTRIBUTES } from '../../../identity/sources/attributes.js';
import { SeriesContainer } from '../../../telemetry/series-container.js';
import type { RelayedSocket } from './relayed-socket.js';

/** `uds.socket.scope`: where the server of the upstream runs. */
export type SocketScope = 'host' | 'internal';

/** Attributes that take a look at the client of each connection. */
const CLIENT_ATTRIBUTE = /^(?:container|k8s|process)\./;

/** Whether the client of each connection has to be looked at. */
export function asksClients({ container }: RelayedSocket, selected: readonly string[]): boolean {
  return container === null && selected.some((name) => CLIENT_ATTRIBUTE.test(name));
}

/** The scope of a socket whose server is known. */
export function scopeOf(server: ProcessIdentity | undefined): SocketScope | undefined {
  if (server === undefined || server.unattributed === 'gone') return undefined;
  const isInContainer = server.container !== undefined || server.unattributed === 'unknown_container';
  return isInContainer ? 'internal' : 'host';
}

/** All that is known about a process, by the names of the semantic conventions. */
export function processAttributes({ container, executable }: ProcessIdentity): Record<string, string> {
  if (container !== undefined) return { 'container.id': container.id, ...container.attributes };
  return executable === undefined ? {} : { 'process.executable.name': executable };
}

/**
 * The attributes of the series that a socket's traffic between a client and a server is counted in. The attributes of
 * containers that `selected` lists are among them, and all that the configuration gives the socket.
 *
 * @param client undefined if it is not known, or the socket is one container's
 * @param server the process behind the upstream; undefined as long as it is not known
 */
export function flowAttributes(
  socket: RelayedSocket,
  selected: readonly string[],
  client: ProcessIdentity | undefined,
  server: ProcessIdentity | undefined,
): Attributes {
  const scope = scopeOf(server);
  return {
    'uds.socket.name': socket.name,
    'uds.socket.path': socket.path ?? socket.upstream,
    ...(scope === undefined ? {} : { 'uds.socket.scope': scope }),
    ...ownerAttributes(socket, selected, client),
    ...(server === undefined ? {} : serverAttributes(server, selected)),
  };
}

/** Those of these attributes that name the client. */
export function ownerAttributes(
  socket: RelayedSocket,
  selected: readonly string[],
  client: ProcessIdentity | undefined,
): Attributes {
  return {
    ...ownContainerAttributes(socket, selected),
    ...(client === undefined ? {} : selectedOf(processAttributes(client), selected)),
  };
}

/**
 * The container that what flows with this client is of, as far as its attributes tell. Where they tell its id, no other
 * container has a part in them, and all that is known of it is true of them; otherwise only what they say.
 */
export function clientContainer(
  socket: RelayedSocket,
  selected: readonly string[],
  client: ProcessIdentity | undefined,
): SeriesContainer | undefined {
  if (socket.container === null && client?.container === undefined) return undefined;
  const named = ownerAttributes(socket, selected, client);
  if (Object.keys(named).length === 0) return undefined;
  if (!selected.includes('container.id')) return new SeriesContainer(named);
  const known = client === undefined ? {} : processAttributes(client);
  return new SeriesContainer({ ...knownOfOwn(socket), ...known, ...named });
}

function ownContainerAttributes(socket: RelayedSocket, selected: readonly string[]) {
  return { ...selectedOf(knownOfOwn(socket), selected), ...socket.container?.attributes };
}

/** What the agent knows of the container that a socket is for. */
function knownOfOwn({ container, known = {} }: RelayedSocket): Record<string, string> {
  if (container === null) return {};
  return {
    'container.id': container.id,
    ...known,
    ...optional('container.name', container.name),
    ...optional('container.image.name', container.image),
  };
}

/** Attributes in place of a container's id, or that tell it from others of that id. They are shown where ids are. */
const BESIDE_ID = ['process.executable.name', NAMESPACE_ATTRIBUTE];

/** What `selected` may list beside what the configuration gives containers itself. */
export const SELECTABLE_ATTRIBUTES: readonly string[] = [...CONTAINER_ATTRIBUTES, ...BESIDE_ID];

function selectedOf(known: Readonly<Record<string, string>>, selected: readonly string[]) {
  const isSelected = (name: string) =>
    selected.includes(name) || (BESIDE_ID.includes(name) && selected.includes('container.id'));
  return Object.fromEntries(Object.entries(known).filter(([name]) => isSelected(name)));
}

const SERVER_ATTRIBUTES = ['container.id', 'container.name', NAMESPACE_ATTRIBUTE];

/** The attributes of a server that runs in a container itself, so that a map of services can be drawn. */
function serverAttributes({ container }: ProcessIdentity, selected: readonly string[]) {
  if (container === undefined) return {};
  const known = { 'container.id': container.id, ...container.attributes };
  return Object.fromEntries(
    Object.entries(selectedOf(known, selected)).flatMap(([name, value]) =>
      SERVER_ATTRIBUTES.includes(name) ? [[`server.${name}`, value]] : [],
    ),
  );
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
