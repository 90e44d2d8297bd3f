import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { startProcess } from '../../support/process.js';
import { startUdscope } from '../../support/udscope.js';
import { accountOf } from './account.js';
import { findTool } from './requirements.js';

/** An account that every Debian has, or `uid:gid` without one. */
export type User = string;

export interface Outcome {
  readonly code: number | null;
  /** What it said, without the paths of sockets. */
  readonly output: string;
}

/** A command line that runs as somebody else, in his groups. */
export function asUser(user: User, command: string, args: readonly string[]): [string, ...string[]] {
  const isAccount = !user.includes(':');
  const [uid, gid] = isAccount ? Object.values(accountOf(user)) : user.split(':');
  const groups = isAccount ? '--init-groups' : '--clear-groups';
  return [findTool('setpriv') ?? 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, groups, command, ...args];
}

/** Runs a command as somebody to its end. `hidden`: what of the output differs from run to run. */
export async function runAs(
  user: User,
  command: string,
  args: readonly string[],
  hidden: readonly string[] = [],
): Promise<Outcome> {
  const [program, ...rest] = asUser(user, findTool(command) ?? command, args);
  const process = await startProcess({ command: program, args: rest, cwd: '/', env: { HOME: '/' } });
  const { code } = await process.exited;
  const output = hidden.reduce((text, part) => text.replaceAll(part, '…'), process.output);
  return { code, output: output.trim() };
}

/** A directory that everybody may look into, and only one may write to. */
export function directoryOf(cleanup: Cleanup, uid = 0, gid = uid): string {
  const directory = cleanup.directory();
  chownSync(directory, uid, gid);
  chmodSync(directory, 0o755);
  return directory;
}

/** An agent that relays `name` in a folder to the same name in another one; that folder. */
export async function relayed(
  cleanup: Cleanup,
  upstream: string,
  name: string,
  more: object = {},
): Promise<string> {
  const directory = directoryOf(cleanup);
  const sockets = [{ listen: join(directory, name), upstream: join(upstream, name), ...more }];
  const configuration = {
    receivers: { uds: { sockets } },
    exporters: { prometheus: { endpoint: 'localhost:0' } },
    service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
  };
  const udscope = await startUdscope(configuration, cleanup.directory());
  cleanup.defer(() => udscope.stop());
  return directory;
}
