import * as z from 'zod';
import { DEFAULT_CONTROL_SOCKET } from '../../layout/default-paths.js';
import { MAX_ACCOUNT_ID } from '../../linux/passwd.js';
import { ACCOUNT_SHAPE, parseAccount } from '../../values/account.js';
import { fileMode } from '../../values/file-mode.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { parseSocketPath } from '../../values/socket-path.js';

/** Reads a path. An abstract name is refused: it has no mode, so every process may connect to it. */
export function parseControlSocket(input: unknown): Parsed<string> {
  const parsed = parseSocketPath(input);
  return parsed.ok && parsed.value.startsWith('@')
    ? refuse('is an abstract socket, which has no permissions; give a path')
    : parsed;
}

function parseGroup(input: unknown): Parsed<number | string> {
  return parseAccount(input, 'is not a group; give a name, or an id');
}

/** Reads a client that may ask: the id of a user, or a group with @ before it. The @ of a group stays. */
function parseAllowed(input: unknown): Parsed<number | string> {
  const isGroup = typeof input === 'string' && input.startsWith('@');
  const parsed = parseGroup(isGroup ? input.slice(1) : input);
  if (parsed.ok && (isGroup || typeof parsed.value === 'number')) return isGroup ? accept(input) : parsed;
  return refuse(
    'is not the id of a user, nor a group; give a number, or @ and the name or id of a group, in quotes',
  );
}

export const controlExtensionSchema = z.strictObject({
  socket: parsedBy(parseControlSocket, { type: 'string', minLength: 1, pattern: '^[^@]' })
    .prefault(DEFAULT_CONTROL_SOCKET)
    .describe('Path of the Unix socket to be controlled at. A relative one starts at the current directory.'),
  mode: fileMode()
    .prefault('0660')
    .describe(
      'Permissions of the socket, an octal number as a string. They say who may connect; allow says who may command.',
    ),
  group: parsedBy(parseGroup, ACCOUNT_SHAPE)
    .nullable()
    .prefault(null)
    .describe(
      'Group of the socket, a group name or id, that may also pass the directory which the agent makes for it. null: that of the agent. 0 is root. Its members may command only if allow lists the group, too.',
    ),
  allow: z
    .array(
      parsedBy(parseAllowed, {
        type: ['integer', 'string'],
        minimum: 0,
        maximum: MAX_ACCOUNT_ID,
        pattern: '^(?:@|\\d)',
      }),
    )
    .prefault([0])
    .describe(
      "Users and groups that may command the agent beside its own user: ids of users, 0 is root, and groups as @name or @id. The kernel says who has connected; everybody else gets 403. A user listed here can have any socket of the host relayed, and so is as powerful as the agent's user.",
    ),
  allow_in_socket_directory: z
    .boolean()
    .prefault(false)
    .describe(
      'Start although the control socket, or the directory for sockets of containers, lies where a directory with a listening socket is mounted along with it. It opens the agent, and with it any socket of the host, to whoever is root in a container that has such a directory.',
    ),
});

export type ControlExtensionConfig = z.output<typeof controlExtensionSchema>;
