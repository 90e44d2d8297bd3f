import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { geteuid } from 'node:process';
import { isAbsence } from '../linux/errno.js';
import { readRegularFile } from '../linux/files.js';
import { putBackStale, takeoverProblem } from '../linux/takeover.js';
import { attempt } from '../values/attempt.js';
import { makePrivateDirectory } from './private-directory.js';

/*
 * Which paths an agent has taken over, one file for each, so that they can be put back after the agent was killed: by the next
 * one, also if that takes over others, or by whoever restarts it. A record only says where to look. What was taken is told by
 * the files there, so that a record of another time or place does no harm.
 */

const VERSION = 1;
const SUFFIX = '.json';
const DIGEST_LENGTH = 32;

/** No more of them are read, nor longer ones. */
const MAX_RECORDS = 1000;
const MAX_RECORD_BYTES = 1024;

/** Where the records of an agent are, beside the directory of its containers' sockets. */
export function takeoverDirectory(containersDirectory: string): string {
  return join(dirname(containersDirectory), 'takeovers');
}

/** Records that a path is about to be taken over, unless a record says so already: there may be no room for another. @throws Error */
export function recordTakeover(directory: string, path: string): void {
  makePrivateDirectory(directory, { isOwn: true });
  const record = recordOf(directory, path);
  if (pathOf(record) === path) return;
  // As one step: an agent that is killed meanwhile leaves a whole record, or none.
  const draft = `${record}.${randomUUID()}`;
  try {
    writeFileSync(draft, JSON.stringify({ version: VERSION, path }), { mode: 0o600, flag: 'wx' });
    renameSync(draft, record);
  } catch (error) {
    attempt(() => unlinkSync(draft));
    throw error;
  }
}

/** A path has been put back. */
export function forgetTakeover(directory: string, path: string): void {
  try {
    unlinkSync(recordOf(directory, path));
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

/**
 * Puts back the paths of agents that have died. Returns what went wrong, in words; those of agents that live stay.
 *
 * @param isOurs tells which of them this process takes over itself, and leaves as they are
 */
export function putBackRecorded(
  directory: string,
  isOurs: (path: string) => boolean = () => false,
): string[] {
  return recordedTakeovers(directory).flatMap((path) => {
    if (isOurs(path)) return [];
    try {
      putBackStale(path);
      forgetTakeover(directory, path);
      return [];
    } catch (error) {
      if (isAbsence((error as Error).cause)) forgetTakeover(directory, path);
      return [`${path} is not put back: ${(error as Error).message}`];
    }
  });
}

/** The paths in the records of a directory. What cannot be read as one is left out. */
export function recordedTakeovers(directory: string): string[] {
  return namesIn(directory)
    .slice(0, MAX_RECORDS)
    .flatMap((name) => {
      const path = pathOf(join(directory, name));
      return path === undefined || recordOf(directory, path) !== join(directory, name) ? [] : [path];
    });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return [];
  }
}

function isOwn({ uid }: { uid: number }): boolean {
  return uid === 0 || uid === geteuid?.();
}

/** What a record says. */
function pathOf(record: string): string | undefined {
  const text = readRegularFile(record, MAX_RECORD_BYTES, isOwn);
  return text === undefined ? undefined : pathIn(text);
}

function pathIn(text: string): string | undefined {
  try {
    const { version, path } = JSON.parse(text);
    const isPath = version === VERSION && typeof path === 'string' && isAbsolute(path);
    return isPath && takeoverProblem(path) === undefined ? path : undefined;
  } catch {
    return undefined;
  }
}

function recordOf(directory: string, path: string): string {
  const digest = createHash('sha256').update(path).digest('hex').slice(0, DIGEST_LENGTH);
  return join(directory, `${digest}${SUFFIX}`);
}
