import { z } from 'zod';
import { fileMode } from '../../values/file-mode.js';
import { type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { parseSocketPath } from '../../values/socket-path.js';

/** Where an agent is controlled, and where the command looks for one, unless told otherwise. */
export const DEFAULT_CONTROL_SOCKET = '/run/udscope/control.sock';

/** Reads a path, and only that: anybody may connect to an abstract name, whatever mode was asked for. */
export function parseControlSocket(input: unknown): Parsed<string> {
  const parsed = parseSocketPath(input);
  return parsed.ok && parsed.value.startsWith('@')
    ? refuse('is an abstract socket, which has no permissions; give a path')
    : parsed;
}

export const controlExtensionSchema = z.strictObject({
  socket: parsedBy(parseControlSocket, { type: 'string', minLength: 1, pattern: '^[^@]' })
    .prefault(DEFAULT_CONTROL_SOCKET)
    .describe('Path of the Unix socket to be controlled at. A relative one starts at the current directory.'),
  mode: fileMode()
    .prefault('0660')
    .describe('Permissions of the socket, an octal number as a string. Who may write to it may connect.'),
});

export type ControlExtensionConfig = z.output<typeof controlExtensionSchema>;
