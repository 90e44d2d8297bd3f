import { resolve } from 'node:path';
import { quote } from '../values/quote.js';

/*
 * The command line of an OCI runtime, as far as it says which container is made from which bundle:
 *
 *   udscope-runtime [our flags] [global flags] create|run|restore [flags] ID
 *
 * runc, crun and runsc each have flags of their own, and new versions add some. The next argument may or may not be the value of an
 * unknown flag.
 */

export const OWN_FLAGS = ['config', 'runtime', 'control', 'agent-uid', 'fail', 'node'] as const;

/** The values of our own flags, not checked yet. */
export type OwnFlags = Partial<Record<(typeof OWN_FLAGS)[number], string>>;

/** A container that is about to be made. Paths are absolute. */
export interface Creation {
  readonly id: string;
  readonly bundle: string;
  /** A file in place of the config.json of the bundle; crun has a flag for it. */
  readonly specification: string | undefined;
}

export interface CommandLine {
  readonly own: OwnFlags;
  /** undefined for every subcommand that makes no container, and where the id is missing. */
  readonly creation: Creation | undefined;
  /** `--root`, absolute. */
  readonly root: string | undefined;
  /** `--log`, absolute. */
  readonly log: string | undefined;
  readonly logFormat: string | undefined;
}

/** A flag of ours that does not exist. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
  readonly code = 'UDSCOPE_COMMAND_LINE';
}

const CREATING = ['create', 'run', 'restore'];

const SUBCOMMANDS = new Set([
  ...CREATING,
  ...['checkpoint', 'delete', 'do', 'events', 'exec', 'features', 'help', 'kill', 'list', 'pause', 'ps'],
  ...['resume', 'spec', 'start', 'state', 'update', 'wait'],
]);

/** Flags before the subcommand whose value is the next argument. */
const GLOBAL_VALUES = new Set([
  ...['log', 'log-format', 'log-level', 'root', 'rootless', 'criu', 'cgroup-manager'],
  ...['debug-log', 'debug-log-format', 'panic-log', 'platform', 'network', 'host-uds', 'overlay2'],
]);

/** Flags of create, run and restore whose value is the next argument. */
const CREATION_VALUES = new Set([
  ...['bundle', 'b', 'config', 'f', 'pid-file', 'console-socket', 'pidfd-socket', 'preserve-fds', 'user-log'],
  ...['image-path', 'work-path', 'manage-cgroups-mode', 'empty-ns', 'lsm-profile', 'lsm-mount-context'],
  ...['parent-path', 'pass-fd', 'exec-fd'],
]);

/**
 * @param args the arguments without the program
 * @param cwd what relative paths start from
 * @throws CommandLineError
 */
export function parseCommandLine(args: readonly string[], cwd: string): CommandLine {
  const own = parseOwnFlags(args);
  const rest = args.slice(countOwn(args));
  const { flags, next } = parseGlobalFlags(rest);
  const absolute = (path: string | undefined) =>
    path === undefined || path === '' ? undefined : resolve(cwd, path);
  return {
    own,
    creation: CREATING.includes(rest[next] ?? '') ? parseCreation(rest.slice(next + 1), cwd) : undefined,
    root: absolute(flags.get('root')),
    log: absolute(flags.get('log')),
    logFormat: flags.get('log-format'),
  };
}

const OWN_PREFIX = '--udscope-';

function countOwn(args: readonly string[]): number {
  const first = args.findIndex((arg) => !arg.startsWith(OWN_PREFIX));
  return first === -1 ? args.length : first;
}

function parseOwnFlags(args: readonly string[]): OwnFlags {
  const own: OwnFlags = {};
  for (const arg of args.slice(0, countOwn(args))) {
    const [name, value] = splitFlag(arg.slice(OWN_PREFIX.length));
    const flag = OWN_FLAGS.find((known) => known === name);
    if (flag === undefined || value === undefined || value === '') {
      const accepted = OWN_FLAGS.map((known) => `${OWN_PREFIX}${known}=…`).join(', ');
      throw new CommandLineError(`${quote(arg)} is not a flag of udscope-runtime; it has ${accepted}`);
    }
    own[flag] = value;
  }
  return own;
}

/** The flags before the subcommand, and where the subcommand is. */
function parseGlobalFlags(args: readonly string[]): { flags: Map<string, string>; next: number } {
  const flags = new Map<string, string>();
  let isAfterUnknown = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!isFlag(arg)) {
      if (!isAfterUnknown || SUBCOMMANDS.has(arg)) return { flags, next: i };
      isAfterUnknown = false;
      continue;
    }
    const [name, value] = splitFlag(arg.replace(/^--?/, ''));
    const takesNext = value === undefined && GLOBAL_VALUES.has(name);
    isAfterUnknown = value === undefined && !takesNext;
    if (takesNext) i++;
    flags.set(name, value ?? (takesNext ? (args[i] ?? '') : ''));
  }
  return { flags, next: args.length };
}

/** The flags and arguments after the subcommand. Of several arguments the last is the id. */
function parseCreation(args: readonly string[], cwd: string): Creation | undefined {
  const flags = new Map<string, string>();
  let id: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') return creationOf(flags, args.at(-1) === '--' ? id : args.at(-1), cwd);
    if (!isFlag(arg)) {
      id = arg;
      continue;
    }
    // crun takes the value of a short flag without a space, too.
    const [, short, attached] = /^-([bf])(\/.*)$/s.exec(arg) ?? [];
    const [name, value] = short === undefined ? splitFlag(arg.replace(/^--?/, '')) : [short, attached];
    const takesNext = value === undefined && CREATION_VALUES.has(name);
    if (takesNext) i++;
    flags.set(name, value ?? (takesNext ? (args[i] ?? '') : ''));
  }
  return creationOf(flags, id, cwd);
}

function creationOf(
  flags: ReadonlyMap<string, string>,
  id: string | undefined,
  cwd: string,
): Creation | undefined {
  if (id === undefined) return undefined;
  const bundle = flags.get('bundle') ?? flags.get('b') ?? '';
  const specification = flags.get('config') ?? flags.get('f');
  return {
    id,
    bundle: resolve(cwd, bundle),
    specification: specification === undefined ? undefined : resolve(cwd, specification),
  };
}

function isFlag(arg: string): boolean {
  return arg.length > 1 && arg.startsWith('-');
}

function splitFlag(flag: string): [name: string, value: string | undefined] {
  const equals = flag.indexOf('=');
  return equals === -1 ? [flag, undefined] : [flag.slice(0, equals), flag.slice(equals + 1)];
}
