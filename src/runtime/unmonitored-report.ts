import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { geteuid, hrtime, pid } from 'node:process';
import {
  MAX_REPORT_BYTES,
  MAX_REPORTS,
  reportDirectory,
  reportPrefix,
  UNFINISHED,
  type UnmonitoredReport,
} from '../api/containers/unmonitored.js';
import { findTrusted, isClosed } from '../identity/sources/trusted-path.js';
import { readRegularFile } from '../linux/files.js';
import { attempt } from '../values/attempt.js';
import { PrepareError, shownPath } from './failure.js';

const OWNER_ONLY = 0o700;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o755;

/** How often a waiting file is tried to be added to: others may add to it, or the agent may remove it, at the same time. */
const MAX_TRIES = 8;

interface Place {
  /** The control socket of the agent. */
  readonly control: string;
  /** The user, beside root, that the agent may run as. */
  readonly agentUid: number;
  /** How many reports may wait; MAX_REPORTS by default. */
  readonly room?: number;
}

/**
 * Leaves a report for the agent, which may not run at the moment. Takes no time worth mentioning: a small file, and no process that
 * answers. @throws Error
 */
export function leaveReport(report: UnmonitoredReport, place: Place): void {
  const { control, agentUid, room = MAX_REPORTS } = place;
  const folder = openFolder(reportDirectory(control), agentUid);
  try {
    // Through the descriptor: the path may be another directory's by now.
    const at = `/proc/self/fd/${folder}`;
    const waiting = readdirSync(at).filter((name) => !name.startsWith(UNFINISHED));
    const same = waiting.filter((name) => name.startsWith(reportPrefix(report.reason)));
    if (waiting.length < room || same.length === 0) write(at, report, agentUid);
    else addToOne(at, same, agentUid);
  } finally {
    closeSync(folder);
  }
}

/** The clock goes on until the machine starts again, which leaves nothing of what is in /run. */
function uniqueName(): string {
  return `${pid}-${hrtime.bigint()}`;
}

/** A file appears whole, under a name that nothing has had before. */
function write(folder: string, report: UnmonitoredReport, agentUid: number): void {
  const name = reportPrefix(report.reason) + uniqueName();
  const unfinished = join(folder, UNFINISHED + name);
  const file = openSync(unfinished, 'wx', FILE_MODE);
  try {
    if (geteuid?.() === 0) fchownSync(file, agentUid, -1);
    writeFileSync(file, JSON.stringify(report));
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, join(folder, name));
}

/** Takes a waiting report away, so that nobody else counts it, and leaves one that counts for both. */
function addToOne(folder: string, waiting: readonly string[], agentUid: number): void {
  for (let i = 0; i < MAX_TRIES; i++) {
    const name = waiting[Math.floor(Math.random() * waiting.length)]!;
    const taken = join(folder, `${UNFINISHED}${uniqueName()}`);
    try {
      renameSync(join(folder, name), taken);
    } catch {
      continue;
    }
    const before = reportIn(taken, agentUid);
    if (before !== undefined) write(folder, { ...before, count: (before.count ?? 1) + 1 }, agentUid);
    attempt(() => unlinkSync(taken));
    if (before !== undefined) return;
  }
  throw new PrepareError(`too many reports wait in ${shownPath(dirname(folder))}`);
}

/**
 * A report that waits. The agent's user can put anything there, as a link to a file that only root may read, or a pipe that
 * nobody writes to: undefined for those.
 */
function reportIn(path: string, agentUid: number): UnmonitoredReport | undefined {
  const owners = new Set([0, agentUid]);
  const isOne = (stats: Stats) => stats.nlink === 1 && isClosed(stats, owners);
  const text = readRegularFile(path, MAX_REPORT_BYTES, isOne);
  return attempt(() => JSON.parse(text ?? '') as UnmonitoredReport | null) ?? undefined;
}

/** A descriptor of the directory, which is made if it is not there. @throws PrepareError */
function openFolder(path: string, agentUid: number): number {
  const owners = new Set([0, agentUid]);
  makeFolder(path, OWNER_ONLY, agentUid);
  const above = findTrusted(dirname(path), { owners, followsLast: true });
  if ('problem' in above) throw new PrepareError(`${shownPath(dirname(path))} ${above.problem}`);
  const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
  const folder = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (isClosed(fstatSync(folder), owners)) return folder;
  closeSync(folder);
  throw new PrepareError(`others can write to ${shownPath(path)}`);
}

/** Makes a directory of the agent's user, and those above it. One that is there stays as it is. */
function makeFolder(path: string, mode: number, agentUid: number): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const above = dirname(path);
  // The directory of the control socket is private, those above are not.
  const isPrivate = mode === OWNER_ONLY && above.endsWith('/private');
  makeFolder(above, isPrivate ? OWNER_ONLY : FOLDER_MODE, agentUid);
  const owners = new Set([0, agentUid]);
  const place = findTrusted(above, { owners, followsLast: true });
  if ('problem' in place) throw new PrepareError(`${shownPath(above)} ${place.problem}`);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another call of the wrapper, or the agent, was faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  giveAway(path, mode, agentUid);
}

/** A directory that was just made. The agent's user may have put something else there in its place by now. */
function giveAway(path: string, mode: number, agentUid: number): void {
  const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
  const folder = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    if (fstatSync(folder).uid !== geteuid?.()) return;
    // Whatever the engine's umask is: others have to pass the directories above the private one.
    fchmodSync(folder, mode);
    if (geteuid?.() === 0) fchownSync(folder, agentUid, -1);
  } finally {
    closeSync(folder);
  }
}
