import { DEFAULT_CONTROL_SOCKET } from '../layout/default-paths.js';
import { type ControlPlace, type Misplacement, misplacements, type Placed } from '../layout/places.js';
import { silentPaths } from '../layout/silent-paths.js';
import { typeRefusal } from '../layout/upstream-type.js';
import { udsPaths } from '../receivers/uds/index.js';
import type { Finding, Path } from '../values/finding.js';
import { fields } from '../values/map.js';
import { quote } from '../values/quote.js';
import { absoluteSocketPath, parseSocketPath } from '../values/socket-path.js';
import type { ParsedComponent } from './validate-components.js';

/** Checks where the control sockets, listening sockets and directories of all used components lie, and what their upstreams are. */
export function checkPlaces(components: readonly ParsedComponent[]): Finding[] {
  const used = components.filter((component) => component.used);
  const receivers = used.filter(({ kind, type }) => kind === 'receivers' && type === 'uds').map(udsPaths);
  const controls = used
    .filter(({ kind, type }) => kind === 'extensions' && type === 'control')
    .flatMap(controlPlace);
  const listens = receivers.flatMap((receiver) => receiver.listens);
  const upstreams = receivers.flatMap((receiver) => receiver.upstreams);
  const directories = receivers.flatMap((receiver) => receiver.directories);
  // Before any of them is looked at.
  const silent = silentPaths<Path>([...controls, ...listens, ...upstreams, ...directories]);
  if (silent.length > 0) return silent.map(toFinding);
  const unfit = upstreams.flatMap((upstream) => {
    const message = typeRefusal(upstream.path);
    return message === undefined ? [] : [{ ...upstream, message }];
  });
  const misplaced = misplacements<Path>({ controls, listens, upstreams, directories });
  return [...misplaced, ...unfit].map(toFinding);
}

function toFinding({ path, at, message }: Misplacement<Path>): Finding {
  return { path: at, message: `${quote(path)} ${message}` };
}

/** Reads the body as written: other mistakes in it, which the schema reports, must not hide this one. */
function controlPlace({ path, body }: ParsedComponent): (ControlPlace & Placed<Path>)[] {
  const { socket = DEFAULT_CONTROL_SOCKET, allow_in_socket_directory: insists } = fields(body);
  if (typeof socket !== 'string' || socket.startsWith('@') || !parseSocketPath(socket).ok) return [];
  return [{ path: absoluteSocketPath(socket), at: [...path, 'socket'], insists: insists === true }];
}
