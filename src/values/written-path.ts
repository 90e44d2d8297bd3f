// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a message speaks of a substitution.
import { accept, type Parsed, parsedBy, refuse } from './parsed.js';
import { NOT_TEXT } from './text.js';

/*
 * Paths as people write them: from a shell, from Docker's and gRPC's settings, from another system. What can only mean a
 * path is understood; what nobody expands here is refused, and not made into a file called `~`.
 */

/** What is no path, and what to write instead, in words that follow it. */
const MISTAKES: readonly [pattern: RegExp, refusal: string][] = [
  [/^~/, "begins with ~, which is the shell's; write the whole path, as /home/you/…"],
  [
    /\$(?:\{|[A-Z_][A-Z0-9_]+)/,
    'has a variable that nobody fills in; in a configuration file write ${env:NAME}, in a shell leave the single quotes out',
  ],
  [/^(?:npipe:|[/\\]{2}[.?][/\\])/i, 'is a named pipe of Windows; give the path of a Unix socket'],
  [/^(?:unix-abstract|abstract):/i, 'has a scheme; write an abstract name as @name'],
  [/^unix:/i, 'has no absolute path; write /run/name.sock, or @name for an abstract name'],
  [/^file:/i, 'is the URL of a file; write the path alone, as /run/name.sock'],
  [/^fd:/i, 'is a descriptor; write the path of the socket'],
  [
    /^[a-z][a-z0-9+.-]*:\/\//i,
    'is the URL of a network service, and udscope relays Unix sockets; give a path, or @name for an abstract name',
  ],
  [
    /^(?:localhost|\[[0-9a-f:]+\]|\d+\.\d+\.\d+\.\d+):\d+$/i,
    'is a network address, and udscope relays Unix sockets; give a path, or @name for an abstract name',
  ],
];

const UNIX_URL = /^unix:(?:\/\/(?=\/))?(?=\/(?!\/))/i;

/** The path in `unix:///run/x` and `unix:/run/x`; any other text as it is. */
export function withoutUnixScheme(text: string): string {
  return text.replace(UNIX_URL, '');
}

/** Why a text is no path, in words that follow it; undefined if it may be one. */
export function pathMistake(text: string): string | undefined {
  return MISTAKES.find(([pattern]) => pattern.test(text))?.[1];
}

function parseFilePath(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse(NOT_TEXT);
  if (input === '') return refuse('is empty');
  const mistake = pathMistake(input);
  return mistake === undefined ? accept(input) : refuse(mistake);
}

/** The path of a file, absolute or not. */
export function filePath() {
  return parsedBy(parseFilePath, { type: 'string', minLength: 1 });
}
