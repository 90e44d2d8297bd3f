import { posix } from 'node:path';
import { isContainerId } from './container-id.js';

/** The command line of a gVisor gofer, the process that connects to host sockets for a container. */
export interface Gofer {
  /** Absolute path of the container's OCI bundle. */
  readonly bundle: string;
  /** Absolute path of the directory with runsc's state files. */
  readonly root: string | undefined;
  /** Container id, which only newer builds append. */
  readonly id: string | undefined;
}

const SUBCOMMAND = 'gofer';

/** PATH_MAX of Linux. */
const MAX_PATH_LENGTH = 4096;

/** Flags that always take a value, and flags that never take the next argument as a value. */
const WITH_VALUE = new Set(['root', 'bundle']);
const SWITCHES = new Set(['apply-caps', 'setup-root']);

/** Whether a process may be a gofer, judging by the target of /proc/PID/exe. Any program can have such a name. */
export function looksLikeGofer(executable: string | undefined): boolean {
  return executable?.startsWith('runsc', executable.lastIndexOf('/') + 1) === true;
}

/**
 * Parses `runsc-gofer [flags] gofer --bundle DIR [flags] [ID]`; undefined for any other command line. Flags follow the
 * rules of Go: one dash or two, and the value after `=` or in the next argument.
 *
 * @param workingDirectory base of relative paths
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

/**
 * Reads flags from index `start`. `end` is the index of the first argument that is neither a flag nor a flag's value.
 */
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

/**
 * Only runsc knows which of its many flags are switches. Neither the subcommand nor another flag is taken as a value.
 */
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
