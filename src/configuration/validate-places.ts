import { DEFAULT_CONTROL_SOCKET } from '../layout/default-paths.js';
import { placeRefusal } from '../layout/listen-place.js';
import { type ControlPlace, type Misplacement, misplacements, type Placed } from '../layout/places.js';
import { silentPaths } from '../layout/silent-paths.js';
import { typeRefusal, type WantedType } from '../layout/upstream-type.js';
import { udsPaths } from '../receivers/uds/index.js';
import type { Finding, Path } from '../values/finding.js';
import { fields } from '../values/map.js';
import { quote } from '../values/quote.js';
import { absoluteSocketPath, parseSocketPath } from '../values/socket-path.js';
import type { ParsedComponent } from './validate-components.js';

type Places = Readonly<Record<'listens' | 'directories', Placed<Path>[]>> & {
  readonly upstreams: (Placed<Path> & { readonly type: WantedType })[];
  readonly controls: (ControlPlace & Placed<Path>)[];
};

/** Finds paths that cannot be looked at: other checks would wait for them for ever. */
export function checkSilent(components: readonly ParsedComponent[]): Finding[] {
  const { controls, listens, upstreams, directories } = placesOf(components);
  return silentPaths<Path>([...controls, ...listens, ...upstreams, ...directories]).map(toFinding);
}

/** Checks where the control sockets, listening sockets and directories of all used components lie, and what their upstreams are. */
export function checkPlaces(components: readonly ParsedComponent[]): Finding[] {
  const places = placesOf(components);
  const misplaced = [
    ...misplacements<Path>(places),
    ...refused(places.listens, placeRefusal),
    ...places.upstreams.flatMap(wrongType),
  ];
  return misplaced.map(toFinding);
}

function placesOf(components: readonly ParsedComponent[]): Places {
  const used = components.filter((component) => component.used);
  const receivers = used.filter(({ kind, type }) => kind === 'receivers' && type === 'uds').map(udsPaths);
  return {
    controls: used
      .filter(({ kind, type }) => kind === 'extensions' && type === 'control')
      .flatMap(controlPlace),
    listens: receivers.flatMap((receiver) => receiver.listens),
    upstreams: receivers.flatMap((receiver) => receiver.upstreams),
    directories: receivers.flatMap((receiver) => receiver.directories),
  };
}

function refused(
  places: readonly Placed<Path>[],
  refusal: (path: string) => string | undefined,
): Misplacement<Path>[] {
  return places.flatMap((place) => {
    const message = refusal(place.path);
    return message === undefined ? [] : [{ ...place, message }];
  });
}

function wrongType({ path, at, type }: Places['upstreams'][number]): Misplacement<Path>[] {
  const message = typeRefusal(path, type);
  return message === undefined ? [] : [{ path, at, message }];
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
