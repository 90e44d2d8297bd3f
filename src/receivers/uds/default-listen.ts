import { SOCKETS_DIRECTORY } from '../../layout/default-paths.js';
import { accept, type Parsed, refuse } from '../../values/parsed.js';
import { socketPathRefusal } from '../../values/socket-path.js';

/** A name that is a path's component as it stands, whatever program reads it. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/;

/** Where a socket of this name listens, or why that cannot be said, in words that follow the name. */
export function defaultListen(name: string): Parsed<string> {
  if (!PLAIN_NAME.test(name)) {
    return refuse(`cannot be the name of a file in ${SOCKETS_DIRECTORY}; give listen, the path to listen on`);
  }
  const path = `${SOCKETS_DIRECTORY}/${name}/${name}.sock`;
  const refusal = socketPathRefusal(path);
  return refusal === undefined
    ? accept(path)
    : refuse(
        `is too long a name for ${SOCKETS_DIRECTORY}: the path ${refusal}; give listen, the path to listen on`,
      );
}
