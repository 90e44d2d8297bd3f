import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { execPath, geteuid } from 'node:process';
import { DEFAULT_CONTROL_SOCKET as DEFAULT_CONTROL } from '../layout/default-paths.js';
import { MAX_ACCOUNT_ID } from '../linux/passwd.js';
import { socketPathProblem } from '../linux/sockaddr.js';
import { quote } from '../values/quote.js';
import { OWN_FLAGS, type OwnFlags } from './command-line.js';
import { shownPath } from './failure.js';
import { type Entry, readSettingsFile } from './settings-file.js';

/** Whether a container may start when it cannot be monitored. */
export type Fail = 'open' | 'closed';

export interface Settings {
  /** The real runtime; undefined when none is given, or it cannot be used. */
  readonly runtime: string | undefined;
  readonly control: string;
  /** The user, beside root, that the agent may run as. */
  readonly agentUid: number;
  readonly fail: Fail;
  /** Key of the annotation that lists the sockets to monitor. */
  readonly annotation: string;
  readonly deadlineMs: number;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Each is a sentence that names the file and line, or the flag. A value that is refused is replaced by the default. */
  readonly problems: readonly string[];
}

const DEFAULT_FILE = '/etc/udscope/runtime.yaml';
const DEFAULT_ANNOTATION = 'dev.gvisor.uds.monitor.path';
const DEFAULT_DEADLINE_MS = 2000;
const MAX_DEADLINE_MS = 60_000;

/** The rewrite record is among them. */
const OWN_ANNOTATIONS = 'io.udscope.';

const KEYS = ['agent_uid', 'annotation', 'control', 'deadline', 'fail', 'node', 'runtime'];

/** Why a value is refused, in words that follow it. */
type Check = (value: string) => string | undefined;

/**
 * The settings of the file and of our own flags. A flag overrides the file.
 *
 * @param self the path this program was called by, which cannot be the runtime
 */
export async function loadSettings(own: OwnFlags, self: string): Promise<LoadedSettings> {
  const path = own.config ?? DEFAULT_FILE;
  const file = await readSettingsFile(path, own.config !== undefined);
  const problems = [...file.problems, ...file.entries.flatMap(unknownKey)];
  const read = reader([...flagEntries(own), ...file.entries], problems);
  const runtime = read('runtime', (value) => runtimeProblem(value, self));
  if (runtime.value === undefined && !runtime.isBad) problems.push(noRuntime(path));
  const fail = read('fail', failProblem);
  // The script that calls this has used it already.
  read('node', nodeProblem);
  const settings = {
    runtime: runtime.value,
    control: read('control', controlProblem).value ?? DEFAULT_CONTROL,
    agentUid: Number(read('agent_uid', uidProblem).value ?? geteuid?.() ?? 0),
    // Somebody who wrote something nobody can read may have meant the strict way.
    fail: fail.value ?? (fail.isBad || file.isUnreadable ? 'closed' : 'open'),
    annotation: read('annotation', annotationProblem).value ?? DEFAULT_ANNOTATION,
    deadlineMs: parseDeadline(read('deadline', deadlineProblem).value ?? '') ?? DEFAULT_DEADLINE_MS,
  };
  return { settings: { ...settings, fail: settings.fail === 'open' ? 'open' : 'closed' }, problems };
}

interface Reading {
  readonly value: string | undefined;
  /** There is something, and it is refused. */
  readonly isBad: boolean;
}

function reader(entries: readonly Entry[], problems: string[]) {
  return (key: string, check: Check): Reading => {
    const entry = entries.find((candidate) => candidate.key === key);
    const refusal = entry === undefined ? undefined : check(entry.value);
    if (entry === undefined || refusal === undefined) return { value: entry?.value, isBad: false };
    // A flag has its key in its name.
    const place = entry.place.startsWith('--') ? entry.place : `${entry.place}: ${key}`;
    problems.push(`${place}: ${quote(entry.value)} ${refusal}`);
    return { value: undefined, isBad: true };
  };
}

function flagEntries(own: OwnFlags): Entry[] {
  return OWN_FLAGS.filter((flag) => flag !== 'config').flatMap((flag) => {
    const value = own[flag];
    return value === undefined ? [] : [{ key: flag.replace('-', '_'), value, place: `--udscope-${flag}` }];
  });
}

function unknownKey({ key, place }: Entry): string[] {
  if (KEYS.includes(key)) return [];
  return [`${place}: ${quote(key)} is an unknown key; accepted here: ${KEYS.join(', ')}`];
}

function noRuntime(path: string): string {
  return (
    `no runtime is configured; write the absolute path of the real one into ${shownPath(path)}, as ` +
    'runtime: /usr/bin/runc, or give --udscope-runtime=/usr/bin/runc before all other flags'
  );
}

function runtimeProblem(value: string, self: string): string | undefined {
  if (!value.startsWith('/')) return 'is not an absolute path; give the real runtime as /usr/bin/runc';
  if (/\p{Cc}/u.test(value)) return 'has control characters';
  try {
    accessSync(value, constants.X_OK);
    if (!statSync(value).isFile()) return 'is not a program; give the real runtime as /usr/bin/runc';
    if (realpathSync(value) === realpathSync(self)) {
      return 'is udscope-runtime itself; give the runtime that is to be called by it';
    }
    return undefined;
  } catch {
    return 'is not there, or cannot be executed; give the real runtime as /usr/bin/runc';
  }
}

function controlProblem(value: string): string | undefined {
  if (!value.startsWith('/'))
    return `is not an absolute path; the agent has it at ${DEFAULT_CONTROL} by default`;
  return socketPathProblem(value);
}

function uidProblem(value: string): string | undefined {
  return /^\d{1,10}$/.test(value) && Number(value) <= MAX_ACCOUNT_ID
    ? undefined
    : 'is not the number of a user; give that of the user the agent runs as, as 0 for root';
}

/** The calling script reads it, and only it can. Any other value than the Node that runs is a mistake. */
function nodeProblem(value: string): string | undefined {
  if (value.startsWith('/') && isSameFile(value, execPath)) return undefined;
  return 'is not the Node.js that runs this; give its absolute path, on a line as node: /usr/bin/node';
}

function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function failProblem(value: string): string | undefined {
  if (value === 'open' || value === 'closed') return undefined;
  return 'is not open or closed; open lets a container start that cannot be monitored, closed does not';
}

function annotationProblem(value: string): string | undefined {
  if (value.startsWith(OWN_ANNOTATIONS)) return 'is for what udscope-runtime itself annotates; give another';
  return /^[A-Za-z0-9][A-Za-z0-9_./-]{0,252}$/.test(value)
    ? undefined
    : `is not the key of an annotation; give one as ${DEFAULT_ANNOTATION}`;
}

function deadlineProblem(value: string): string | undefined {
  return parseDeadline(value) === undefined
    ? 'is not a duration from 1ms to 60s; give whole seconds or milliseconds, as 2s or 500ms'
    : undefined;
}

/** Milliseconds. The durations of the agent are read with zod, which takes as long to load as Node itself. */
function parseDeadline(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,5})(s|ms)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const ms = Number(digits) * (unit === 's' ? 1000 : 1);
  return ms >= 1 && ms <= MAX_DEADLINE_MS ? ms : undefined;
}
