import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { apiSchemas } from '../../api/api-schemas.js';
import { attributes } from '../../api/containers/attributes.js';
import { DEFAULT_CONTAINERS_DIRECTORY } from '../../layout/default-paths.js';
import { SUN_PATH_BYTES } from '../../linux/sockaddr.js';
import { SOCKET_PROTOCOLS } from '../../protocols/names.js';
import { ACCOUNT_SHAPE, parseAccount } from '../../values/account.js';
import { duration } from '../../values/duration.js';
import { parseFileMode } from '../../values/file-mode.js';
import { laterKeys } from '../../values/later.js';
import { wholeNumber } from '../../values/number.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { size } from '../../values/size.js';
import { socketPath } from '../../values/socket-path.js';
import { text } from '../../values/text.js';
import { pathMistake } from '../../values/written-path.js';
import { clientLimitsSchema } from './client-limits.js';
import { defaultListen } from './default-listen.js';

const MAX_THREADS = 64;
const MAX_CONNECTIONS = 2 ** 20;
/** Characters of the digest of a container's id that stand for it in a path. */
export const DIGEST_LENGTH = 32;
/** The longest name of a socket in the folder of a container, which may have 64. */
export const LONGEST_SOCKET = '/99.sock';
const KIB = 2 ** 10;
const MIB = 2 ** 20;

function parseThreads(input: unknown): Parsed<number | 'auto'> {
  if (input === 'auto') return accept(input);
  const isCount = typeof input === 'number' && Number.isInteger(input) && input >= 1 && input <= MAX_THREADS;
  return isCount
    ? accept(input)
    : refuse(`is not a number of threads; give auto, or from 1 to ${MAX_THREADS}`);
}

function parseMode(input: unknown): Parsed<number | 'inherit'> {
  return input === 'inherit' ? accept(input) : parseFileMode(input, 'inherit, ');
}

function parseOwner(input: unknown): Parsed<number | string> {
  return parseAccount(input, 'is not a user or group; give inherit, a name, or an id');
}

const containerSchema = z.strictObject({
  id: text().describe('The container, as container.id.'),
  name: text().optional().describe('Its name, as container.name. Left out: no such attribute.'),
  image: text().optional().describe('Its image, as container.image.name. Left out: no such attribute.'),
  attributes: attributes().prefault({}).describe('Further attributes of the container, as k8s.pod.name.'),
});

export const udsSocketSchema = z
  .strictObject({
    name: text()
      .optional()
      .describe(
        'uds.socket.name of the metrics, unlike that of any other socket. Default: the file name of upstream.',
      ),
    listen: socketPath()
      .optional()
      .describe(
        'Where containers connect: a path, relative ones to the current directory, or @name for an abstract socket. Default: /run/udscope/sockets/NAME/NAME.sock.',
      ),
    upstream: socketPath().describe('The socket of the host service, written as in listen.'),
    mode: parsedBy(parseMode, { type: 'string', pattern: '^(?:inherit|0?[0-7]{3})$' })
      .prefault('inherit')
      .describe(
        'Permissions of the listening socket, an octal number as a string; inherit takes those of upstream.',
      ),
    owner: parsedBy(parseOwner, ACCOUNT_SHAPE)
      .prefault('inherit')
      .describe(
        'Owner of the listening socket, a user name or id; inherit takes that of upstream. 0 is root.',
      ),
    group: parsedBy(parseOwner, ACCOUNT_SHAPE)
      .prefault('inherit')
      .describe(
        'Group of the listening socket, a group name or id; inherit takes that of upstream. 0 is root.',
      ),
    credentials: z
      .enum(['client', 'self'])
      .optional()
      .describe(
        "As whom upstream is connected to: client has it see the client's user and groups, self those of udscope. " +
          'Default: client where udscope may (CAP_SETUID, CAP_SETGID), else self.',
      ),
    container: containerSchema
      .nullable()
      .prefault(null)
      .describe('The container that all traffic of this socket is counted for. null: none is known.'),
    protocol: z
      .enum(SOCKET_PROTOCOLS)
      .prefault('auto')
      .describe('What is spoken on the socket: auto finds out, none is not decoded.'),
    capture: text()
      .nullable()
      .prefault(null)
      .describe('Id of a capture processor in place of the one in the pipelines. null: theirs.'),
    connect_timeout: duration()
      .prefault('5s')
      .describe('How long to keep trying while the backlog of upstream is full. 0s: try once.'),
    idle_timeout: duration()
      .prefault('0s')
      .describe('Close a connection on which nothing moved for so long. 0s: never.'),
  })
  .register(laterKeys, { keys: ['takeover', 'type'] })
  .transform((socket, context) => {
    const name = socket.name ?? defaultSocketName(socket.upstream);
    const listen = socket.listen === undefined ? defaultListen(name) : accept(socket.listen);
    if (listen.ok) return { ...socket, name, listen: listen.value };
    context.issues.push({ code: 'custom', message: listen.refusal, input: name, path: ['listen'] });
    return z.NEVER;
  })
  .register(apiSchemas, { id: 'SocketRequest' });

/**
 * Bytes that the path of a container's socket needs below the directory: a folder named after the container, or after
 * a digest of that where it would be too long, and in it the socket.
 */
const CONTAINER_PATH_BYTES = '/'.length + DIGEST_LENGTH + LONGEST_SOCKET.length;

function parseDirectory(input: unknown): Parsed<string> {
  const mistake = typeof input === 'string' ? pathMistake(input) : undefined;
  if (mistake !== undefined) return refuse(mistake);
  if (typeof input !== 'string' || !input.startsWith('/')) {
    return refuse('is not the path of a directory; give an absolute one');
  }
  const path = resolve(input);
  const longest = SUN_PATH_BYTES - 1 - CONTAINER_PATH_BYTES;
  return Buffer.byteLength(path) > longest || path.includes('\0')
    ? refuse(`is too long for sockets below it; give a path of up to ${longest} bytes`)
    : accept(path);
}

const ANNOTATION = /^[A-Za-z0-9][A-Za-z0-9_./-]*$/;

function parseAnnotation(input: unknown): Parsed<string> {
  return typeof input === 'string' && ANNOTATION.test(input)
    ? accept(input)
    : refuse('is not the name of an annotation; give letters, digits and ._/-');
}

const containersSchema = z.strictObject({
  directory: parsedBy(parseDirectory, { type: 'string', minLength: 1 })
    .prefault(DEFAULT_CONTAINERS_DIRECTORY)
    .describe(
      "Where relay sockets of containers are made, in a directory for each. Only the agent's user may look into it.",
    ),
  annotation: parsedBy(parseAnnotation, { type: 'string', pattern: ANNOTATION.source })
    .prefault('dev.gvisor.uds.monitor.path')
    .describe(
      'The annotation that udscope-runtime reads for the sockets of a container. A container that is registered with it is refused: the agent is told sockets.',
    ),
});

export const udsReceiverSchema = z.strictObject({
  threads: parsedBy(parseThreads, {
    anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: MAX_THREADS }],
  })
    .prefault('auto')
    .describe('Relay threads. auto: half the cores, from 1 to 4.'),
  max_connections: wholeNumber({ min: 1, max: MAX_CONNECTIONS })
    .prefault(16_384)
    .describe("Connections per thread. Beyond it new ones wait in the kernel's backlog."),
  buffer_size: size({ min: 4 * KIB, max: 16 * MIB })
    .prefault('256KiB')
    .describe('Read buffer per thread, in bytes or with KiB or MiB.'),
  client_limits: clientLimitsSchema
    .prefault({})
    .describe(
      'What each container may take, or each user where there is no container, so that others have the rest.',
    ),
  sockets: z.array(udsSocketSchema).prefault([]).describe('The sockets to relay.'),
  containers: containersSchema
    .prefault({})
    .describe('Sockets of containers that the runtime wrapper or the control API announces.'),
});

export type UdsReceiverConfig = z.output<typeof udsReceiverSchema>;
export type UdsSocketConfig = z.output<typeof udsSocketSchema>;

/** The file name of a path, or of what follows the @ of an abstract name. */
export function defaultSocketName(upstream: string): string {
  return basename(upstream.replace(/^@/, ''));
}
