import { DEFAULT_CONTROL_SOCKET } from '../layout/default-paths.js';
import { type ControlPlace, misplacements, type Placed } from '../layout/places.js';
import { typeRefusal } from '../layout/upstream-type.js';
import { udsPaths } from '../receivers/uds/index.js';
import type { Finding, Path } from '../values/finding.js';
import { fields } from '../values/map.js';
import { quote } from '../values/quote.js';
import { absoluteSocketPath } from '../values/socket-path.js';
import type { ParsedComponent } from './validate-components.js';

/** Checks where the control sockets, listening sockets and directories of all used components lie, and what their upstreams are. */
export function checkPlaces(components: readonly ParsedComponent[]): Finding[] {
  const used = components.filter((component) => component.used);
  const receivers = used.filter(({ kind, type }) => kind === 'receivers' && type === 'uds').map(udsPaths);
  const upstreams = receivers.flatMap((receiver) => receiver.upstreams);
  const misplaced = misplacements<Path>({
    controls: used
      .filter(({ kind, type }) => kind === 'extensions' && type === 'control')
      .flatMap(controlPlace),
    listens: receivers.flatMap(({ listens }) => listens),
    upstreams,
    directories: receivers.flatMap(({ directories }) => directories),
  });
  const unfit = upstreams.flatMap((upstream) => {
    const message = typeRefusal(upstream.path);
    return message === undefined ? [] : [{ ...upstream, message }];
  });
  return [...misplaced, ...unfit].map(({ path, at, message }) => ({
    path: at,
    message: `${quote(path)} ${message}`,
  }));
}

/** Reads the body as written: other mistakes in it, which the schema reports, must not hide this one. */
function controlPlace({ path, body }: ParsedComponent): (ControlPlace & Placed<Path>)[] {
  const { socket = DEFAULT_CONTROL_SOCKET, allow_in_socket_directory: insists } = fields(body);
  if (typeof socket !== 'string' || socket === '' || socket.startsWith('@')) return [];
  return [{ path: absoluteSocketPath(socket), at: [...path, 'socket'], insists: insists === true }];
}
