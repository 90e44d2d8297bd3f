import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { accountRefusal } from '../../values/account.js';
import { attempt } from '../../values/attempt.js';
import type { ConfiguredComponent, Finding, Path } from '../../values/finding.js';
import { fields } from '../../values/map.js';
import { quote } from '../../values/quote.js';
import { absoluteSocketPath, parseSocketPath } from '../../values/socket-path.js';

/*
 * What this machine lacks, and the start would stumble on. Only what is certain is said: whether the agent may make a
 * directory or change an owner depends on the user that it will run as.
 */

/** Finds accounts that do not exist, and places where no socket can be, of the receivers that are used. */
export function checkMachine(receivers: readonly ConfiguredComponent[]): Finding[] {
  return receivers.filter(({ used }) => used).flatMap(checkReceiver);
}

function checkReceiver({ path, body }: ConfiguredComponent): Finding[] {
  const sockets = fields(body)['sockets'];
  if (!Array.isArray(sockets)) return [];
  return sockets.flatMap((socket: unknown, index) => {
    const at = [...path, 'sockets', index];
    const { owner, group, listen } = fields(socket);
    return [
      ...checkAccount('user', owner, [...at, 'owner']),
      ...checkAccount('group', group, [...at, 'group']),
      ...checkPlace(listen, [...at, 'listen']),
    ];
  });
}

function checkAccount(kind: 'user' | 'group', account: unknown, path: Path): Finding[] {
  const refusal = account === 'inherit' ? undefined : accountRefusal(kind, account);
  return refusal === undefined ? [] : [{ path, message: `${quote(String(account))} ${refusal}` }];
}

/** The schema speaks of what is no path. */
function checkPlace(listen: unknown, path: Path): Finding[] {
  if (typeof listen !== 'string' || listen.startsWith('@') || !parseSocketPath(listen).ok) return [];
  const place = absoluteSocketPath(listen);
  const there = attempt(() => lstatSync(place, { throwIfNoEntry: false }));
  const message = there?.isDirectory() === true ? 'is a directory; give the path of a socket' : OCCUPIED;
  if (there !== undefined && !there.isSocket()) return [{ path, message: `${quote(listen)} ${message}` }];
  const parent = nearest(dirname(place));
  if (parent === undefined || statSync(parent).isDirectory()) return [];
  return [{ path, message: `${quote(listen)} cannot be made: ${quote(parent)} is no directory` }];
}

const OCCUPIED = 'exists and is no socket, and is not replaced; give another path, or remove it';

/** The part of a path that exists; undefined if that cannot be told. */
function nearest(path: string): string | undefined {
  try {
    statSync(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? nearest(dirname(path)) : undefined;
  }
}
