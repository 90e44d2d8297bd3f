import { DEFAULT_CONTROL_SOCKET } from '../layout/default-paths.js';
import { type ControlPlace, misplacements, type Placed } from '../layout/places.js';
import { udsPaths } from '../receivers/uds/index.js';
import type { Finding, Path } from '../values/finding.js';
import { fields } from '../values/map.js';
import { quote } from '../values/quote.js';
import { absoluteSocketPath } from '../values/socket-path.js';
import type { ParsedComponent } from './validate-components.js';

/** Control sockets, listening ones and directories that must not lie where they would, of all components that are used. */
export function checkPlaces(
  components: readonly ParsedComponent[],
  isUsed: (component: ParsedComponent) => boolean,
): Finding[] {
  const used = components.filter(isUsed);
  const receivers = used
    .filter(({ kind, type }) => kind === 'receivers' && type === 'uds')
    .map(({ path, parsed }) => udsPaths({ path, body: parsed.body, used: true }));
  return misplacements<Path>({
    controls: used
      .filter(({ kind, type }) => kind === 'extensions' && type === 'control')
      .flatMap(controlPlace),
    listens: receivers.flatMap(({ listens }) => listens),
    upstreams: receivers.flatMap(({ upstreams }) => upstreams),
    directories: receivers.flatMap(({ directories }) => directories),
  }).map(({ path, at, message }) => ({ path: at, message: `${quote(path)} ${message}` }));
}

/** As it is written: other mistakes there, of which the schema speaks, must not hide this one. */
function controlPlace({ path, parsed }: ParsedComponent): (ControlPlace & Placed<Path>)[] {
  const { socket = DEFAULT_CONTROL_SOCKET, allow_in_socket_directory: insists } = fields(parsed.body);
  if (typeof socket !== 'string' || socket === '' || socket.startsWith('@')) return [];
  return [{ path: absoluteSocketPath(socket), at: [...path, 'socket'], insists: insists === true }];
}
