import { posix } from 'node:path';
import { isContainerId } from './container-id.js';

/** What the command line of a gVisor gofer says: the process that connects to host sockets for a container. */
export interface Gofer {
  /** The absolute path of the container's OCI bundle. */
  readonly bundle: string;
  /** The absolute path of the folder with runsc's state files. */
  readonly root: string | undefined;
  /** The container's id, which only newer builds append. */
  readonly id: string | undefined;
}

const SUBCOMMAND = 'gofer';

/** PATH_MAX of Linux. */
const MAX_PATH_LENGTH = 4096;

/** Flags that never go without a value, and flags that never have one in an argument of its own. */
const WITH_VALUE = new Set(['root', 'bundle']);
const SWITCHES = new Set(['apply-caps', 'setup-root']);

/** Whether a process could be a gofer, by where its /proc/PID/exe points. Any program can be named so. */
export function looksLikeGofer(executable: string | undefined): boolean {
  return executable?.startsWith('runsc', executable.lastIndexOf('/') + 1) === true;
}

/**
 * Reads `runsc-gofer [flags] gofer --bundle DIR [flags] [ID]`, or returns undefined for another command line.
 * Flags are written as Go reads them: with one dash or two, and the value behind `=` or in the next argument.
 * @param workingDirectory what relative paths start from
 */
export function goferOf(args: readonly string[], workingDirectory: string | undefined): Gofer | undefined {
  const common = readFlags(args, 1);
  if (args[common.end] !== SUBCOMMAND) return undefined;
  const own = readFlags(args, common.end + 1);
  const bundle = absolutePath(own.flags.get('bundle'), workingDirectory);
  if (bundle === undefined) return undefined;
  const last = args[own.end];
  return {
    bundle,
    root: absolutePath(common.flags.get('root'), workingDirectory),
    id: own.end === args.length - 1 && isContainerId(last) ? last : undefined,
  };
}

/** The flags from `start` on, and the index of the first argument that is neither a flag nor the value of one. */
function readFlags(args: readonly string[], start: number): { flags: Map<string, string>; end: number } {
  const flags = new Map<string, string>();
  let i = start;
  while (args[i]?.startsWith('-') === true) {
    const [, name = '', value] = /^--?([^=]*)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    i++;
    if (name === '') return { flags, end: i };
    if (value !== undefined) flags.set(name, value);
    else if (takesNext(name, args[i])) flags.set(name, args[i++]!);
  }
  return { flags, end: i };
}

/** runsc has many flags, and which of them are switches only it knows: the subcommand is no value, nor is a flag. */
function takesNext(name: string, next: string | undefined): boolean {
  if (next === undefined || SWITCHES.has(name)) return false;
  return WITH_VALUE.has(name) || (next !== SUBCOMMAND && !next.startsWith('-'));
}

function absolutePath(path: string | undefined, workingDirectory: string | undefined): string | undefined {
  if (path === undefined || path === '' || path.includes('\0')) return undefined;
  if (!path.startsWith('/') && workingDirectory?.startsWith('/') !== true) return undefined;
  const absolute = posix.resolve(workingDirectory ?? '/', path);
  return absolute.length < MAX_PATH_LENGTH ? absolute : undefined;
}
