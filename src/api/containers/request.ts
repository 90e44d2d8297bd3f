import { resolve } from 'node:path';
import { z } from 'zod';
import { refuseRelative } from '../../extensions/control/input.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { parseSocketPath } from '../../values/socket-path.js';
import { apiSchemas } from '../api-schemas.js';
import { attributes } from './attributes.js';
import { textMap } from './text-map.js';

const MAX_SOCKETS = 64;
const MAX_MOUNTS = 1024;
const MAX_ANNOTATIONS = 1024;
/** PATH_MAX without its terminating NUL, linux/limits.h. */
const MAX_PATH_BYTES = 4095;

function parseUpstream(input: unknown): Parsed<string> {
  return refuseRelative(input) ?? parseSocketPath(input);
}

/** Reads a path as a container sees it, in its own file system: an abstract name is in none. */
export function parseContainerPath(input: unknown): Parsed<string> {
  return typeof input === 'string' && !input.startsWith('/')
    ? refuse('is not absolute; give the path as the container sees it')
    : parseSocketPath(input);
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
  return parsed.value.startsWith('/') ? accept(resolve(parsed.value)) : refuse('is not absolute');
}

function parseAnnotation(input: unknown): Parsed<string> {
  return typeof input === 'string' ? accept(input) : refuse('is not a string');
}

const pathShape = { type: 'string', minLength: 1 };
const fileName = () => parsedBy(parseFileName, pathShape);
const absolutePath = () => parsedBy(parseAbsolutePath, { ...pathShape, pattern: '^/' });

const containerSocketSchema = z.strictObject({
  path: parsedBy(parseContainerPath, { ...pathShape, pattern: '^/' }).describe(
    'Where the container sees the socket; becomes uds.socket.path.',
  ),
  upstream: parsedBy(parseUpstream, { ...pathShape, pattern: '^[/@]' }).describe(
    "The host's socket that it is relayed to: a path, or @name for an abstract one.",
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
      .describe('Sockets named one by one, each path once.'),
    attributes: attributes()
      .prefault({})
      .describe('Attributes that have precedence over what the agent finds out by itself.'),
    annotations: textMap({
      max: MAX_ANNOTATIONS,
      parseValue: parseAnnotation,
      nameRefusal: (name) => (name === '' ? 'has an empty name' : undefined),
      valueShape: {},
    })
      .prefault({})
      .describe('Annotations, as the runtime has them: they may name sockets.'),
    mounts: z
      .array(mountSchema)
      .max(MAX_MOUNTS)
      .prefault([])
      .describe('Mounts, as the runtime has them: upstreams of the sockets that annotations name.'),
    bundle: absolutePath().optional().describe('The OCI bundle directory. Names are looked up there.'),
    marker: absolutePath()
      .optional()
      .describe('A path that vanishes with the container. Left out: it stays until it is removed.'),
  })
  .superRefine(({ sockets, annotations }, context) => {
    const paths = sockets.map(({ path }) => path);
    const again = paths.findIndex((path, i) => paths.indexOf(path) < i);
    if (again >= 0) report(`is a second socket at the same path`, ['sockets', again, 'path'], paths[again]);
    if (paths.length === 0 && Object.keys(annotations).length === 0) {
      report('names no socket; give sockets, or annotations that name some', [], {});
    }

    function report(message: string, path: PropertyKey[], input: unknown) {
      context.addIssue({ code: 'custom', message, path, input });
    }
  })
  .register(apiSchemas, { id: 'ContainerRequest' });
