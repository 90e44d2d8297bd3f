import { basename, resolve } from 'node:path';
import * as z from 'zod';
import { apiSchemas } from '../../api/api-schemas.js';
import { attributes } from '../../api/containers/attributes.js';
import { DEFAULT_CONTAINERS_DIRECTORY } from '../../layout/default-paths.js';
import { SUN_PATH_BYTES } from '../../linux/sockaddr.js';
import { SOCKET_TYPES } from '../../linux/socket-type.js';
import { takeoverProblem } from '../../linux/takeover.js';
import { SOCKET_PROTOCOLS } from '../../protocols/names.js';
import { ACCOUNT_SHAPE, parseAccount } from '../../values/account.js';
import { duration, shortDuration } from '../../values/duration.js';
import { parseFileMode } from '../../values/file-mode.js';
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

/** As setpriority(2) has it. */
const MOST_URGENT = -20;
const DEFAULT_NICE = -5;
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

interface Places {
  readonly listen?: string | undefined;
  readonly upstream: string;
  readonly takeover: boolean;
}

interface Refusal {
  readonly message: string;
  readonly input: string;
  readonly path: string[];
}

/** Why an upstream's path cannot be taken over. */
function takeoverRefusal({ listen, upstream }: Places): Refusal | undefined {
  if (listen !== undefined) {
    const message = 'is not for a socket with takeover: it listens at the path of upstream';
    return { message, input: listen, path: ['listen'] };
  }
  const problem = takeoverProblem(upstream);
  if (problem === undefined) return undefined;
  return { message: `${problem}; give listen instead of takeover`, input: upstream, path: ['upstream'] };
}

function listenOf({ listen, upstream, takeover }: Places, name: string): Parsed<string> {
  if (takeover) return accept(upstream);
  return listen === undefined ? defaultListen(name) : accept(listen);
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
    type: z
      .enum(['auto', ...SOCKET_TYPES])
      .prefault('auto')
      .describe(
        'Type of both sockets, as SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM. auto takes that of upstream and follows its changes; ' +
          'while upstream is not there, it is a stream socket.',
      ),
    takeover: z
      .boolean()
      .prefault(false)
      .describe(
        'Listen at the path of upstream itself, whose socket is moved aside meanwhile: nothing changes for clients or the server. Without listen. It is put back when the agent ends.',
      ),
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
    unanswered_after: duration()
      .prefault('5s')
      .describe(
        'How long a client that has sent may be left without a first answer before its connection is counted as unanswered. 0s: never.',
      ),
    answer_timeout: duration()
      .prefault('0s')
      .describe('Close a connection that upstream has left without a first answer for so long. 0s: never.'),
  })
  .transform((socket, context) => {
    const name = socket.name ?? defaultSocketName(socket.upstream);
    const refusal = socket.takeover ? takeoverRefusal(socket) : undefined;
    if (refusal !== undefined) {
      context.issues.push({ code: 'custom', ...refusal });
      return z.NEVER;
    }
    const listen = listenOf(socket, name);
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

/** Who waits for longer does not save time by not sleeping: a thread is woken within 100 µs. */
const BUSY_POLL_US_MAX = 1000;

export const udsReceiverSchema = z.strictObject({
  threads: parsedBy(parseThreads, {
    anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: MAX_THREADS }],
  })
    .prefault('auto')
    .describe('Relay threads. auto: half the cores, from 2 to 4; 1 on one core.'),
  nice: wholeNumber({ min: MOST_URGENT, max: 0 })
    .prefault(DEFAULT_NICE)
    .describe(
      'How much more urgent relay threads are than other processes: their nice value, where the agent may set it and is not as urgent itself. 0: as the agent.',
    ),
  busy_poll: shortDuration(BUSY_POLL_US_MAX)
    .prefault('0s')
    .describe(
      'How long a relay thread looks for what comes next before it sleeps, when it has just relayed something: up to 1ms, in us or ms. ' +
        'It halves the latency of few connections, and takes processor time that nobody else may have then. 0s: not at all, as with one core.',
    ),
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
