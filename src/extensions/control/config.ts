import { z } from 'zod';
import { fileMode } from '../../values/file-mode.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { parseSocketPath } from '../../values/socket-path.js';

/** Where an agent is controlled, and where the command looks for one, unless told otherwise. */
export const DEFAULT_CONTROL_SOCKET = '/run/udscope/control.sock';

/** gid_t has 32 bits; the highest value, (gid_t) -1, means "leave as it is" to chown(2). */
const MAX_GROUP_ID = 2 ** 32 - 2;

/** Reads a path, and only that: anybody may connect to an abstract name, whatever mode was asked for. */
export function parseControlSocket(input: unknown): Parsed<string> {
  const parsed = parseSocketPath(input);
  return parsed.ok && parsed.value.startsWith('@')
    ? refuse('is an abstract socket, which has no permissions; give a path')
    : parsed;
}

/** A name of digits only cannot be told from an id, and chown(1) reads it as one. */
function parseGroup(input: unknown): Parsed<number | string> {
  const id = typeof input === 'string' && /^\d{1,10}$/.test(input) ? Number(input) : input;
  const isId = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= MAX_GROUP_ID;
  const isName = typeof id === 'string' && /^[^\s:/\p{C}]+$/u.test(id);
  return isId || isName ? accept(id) : refuse('is not a group; give a name, or an id');
}

export const controlExtensionSchema = z.strictObject({
  socket: parsedBy(parseControlSocket, { type: 'string', minLength: 1, pattern: '^[^@]' })
    .prefault(DEFAULT_CONTROL_SOCKET)
    .describe('Path of the Unix socket to be controlled at. A relative one starts at the current directory.'),
  mode: fileMode()
    .prefault('0660')
    .describe('Permissions of the socket, an octal number as a string. Who may write to it may connect.'),
  group: parsedBy(parseGroup, {
    type: ['string', 'integer'],
    minLength: 1,
    minimum: 0,
    maximum: MAX_GROUP_ID,
  })
    .nullable()
    .prefault(null)
    .describe('Group of the socket, a group name or id. null: that of the agent.'),
});

export type ControlExtensionConfig = z.output<typeof controlExtensionSchema>;
