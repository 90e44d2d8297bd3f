import * as z from 'zod';
import { cleanPath } from '../../values/file-path.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { parseSocketPath, refuseRelative } from '../../values/socket-path.js';
import { pathMistake, withoutUnixScheme } from '../../values/written-path.js';
import { apiSchemas } from '../api-schemas.js';
import { attributes } from './attributes.js';
import { MAX_MOUNTS, MAX_PATH_BYTES, MAX_SOCKETS } from './limits.js';
import { textMap } from './text-map.js';

const MAX_ANNOTATIONS = 1024;

function parseUpstream(input: unknown): Parsed<string> {
  return refuseRelative(input) ?? parseSocketPath(input);
}

/**
 * Reads where a container sees a socket, in its own file system: an abstract name is in none. It may be longer than the address
 * of a socket, since a client can start from a directory on the way.
 */
export function parseContainerPath(written: unknown): Parsed<string> {
  const input = typeof written === 'string' ? withoutUnixScheme(written) : written;
  const mistake = typeof input === 'string' ? pathMistake(input) : undefined;
  if (mistake !== undefined) return refuse(mistake);
  if (typeof input === 'string' && !input.startsWith('/')) {
    return refuse('is not absolute; give the path as the container sees it');
  }
  const parsed = parseFileName(input);
  if (!parsed.ok) return parsed;
  const path = cleanPath(parsed.value);
  // A final slash is lost in it, and `/..` is the root.
  return parsed.value.endsWith('/') || path === '/'
    ? refuse('is a directory; give the path of a socket')
    : accept(path);
}

function parseFileName(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse('is not a string');
  if (input === '') return refuse('is empty');
  if (input.includes('\0')) return refuse('contains a NUL byte');
  return Buffer.byteLength(input) > MAX_PATH_BYTES
    ? refuse(`is longer than the ${MAX_PATH_BYTES} bytes of a path`)
    : accept(input);
}

function parseAbsolutePath(input: unknown): Parsed<string> {
  const parsed = parseFileName(input);
  if (!parsed.ok) return parsed;
  return parsed.value.startsWith('/') ? accept(cleanPath(parsed.value)) : refuse('is not absolute');
}

const pathShape = { type: 'string', minLength: 1 };
const fileName = () => parsedBy(parseFileName, pathShape);
const absolutePath = () => parsedBy(parseAbsolutePath, { ...pathShape, pattern: '^/' });

const containerSocketSchema = z.strictObject({
  path: parsedBy(parseContainerPath, { ...pathShape, pattern: '^(?:unix:)?/' }).describe(
    'Where the container sees the socket; becomes uds.socket.path.',
  ),
  upstream: parsedBy(parseUpstream, { ...pathShape, pattern: '^(?:@|(?:unix:)?/)' }).describe(
    "The host's socket that it is relayed to: a path, or @name for an abstract one.",
  ),
  within: absolutePath()
    .optional()
    .describe(
      'What the container has mounted there, as the host has it: the socket, or a directory above. upstream must be there, ' +
        'and no link may lead out of it. A socket that cannot be relayed is then refused alone, and the others are made.',
    ),
});

const mountSchema = z.strictObject({
  destination: fileName(),
  source: fileName().optional(),
  type: z.string().optional(),
  options: z.array(z.string()).optional(),
});

export const containerRequestSchema = z
  .strictObject({
    sockets: z
      .array(containerSocketSchema)
      .max(MAX_SOCKETS)
      .prefault([])
      .describe('Its sockets, each path once.'),
    attributes: attributes()
      .prefault({})
      .describe('Attributes that have precedence over what the agent finds out by itself.'),
    annotations: textMap({
      max: MAX_ANNOTATIONS,
      nameRefusal: (name) => (name === '' ? 'is an empty name' : undefined),
    })
      .prefault({})
      .describe(
        'Annotations, as the runtime has them: pod, container and image may be named there. They name no sockets.',
      ),
    mounts: z
      .array(mountSchema)
      .max(MAX_MOUNTS)
      .prefault([])
      .describe(
        'Mounts, as the runtime has them. A container is refused whose mounts reach the control socket.',
      ),
    bundle: absolutePath().optional().describe('The OCI bundle directory. Names are looked up there.'),
    marker: absolutePath()
      .optional()
      .describe('A path that vanishes with the container. Left out: it stays until it is removed.'),
  })
  .superRefine(({ sockets }, context) => {
    const paths = sockets.map(({ path }) => path);
    const again = paths.findIndex((path, i) => paths.indexOf(path) < i);
    if (again >= 0) report(`is a second socket at the same path`, ['sockets', again, 'path'], paths[again]);
    if (paths.length === 0) {
      report('names no socket; send sockets: what an annotation means is decided by udscope-runtime', [], {});
    }

    function report(message: string, path: PropertyKey[], input: unknown) {
      context.addIssue({ code: 'custom', message, path, input });
    }
  })
  .register(apiSchemas, { id: 'ContainerRequest' });
