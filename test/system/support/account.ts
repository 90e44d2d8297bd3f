import { readFileSync } from 'node:fs';

/** The user and group of an account of this machine. @throws Error when there is none. */
export function accountOf(name: string): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const fields = lines.map((line) => line.split(':')).find(([account]) => account === name);
  if (fields === undefined) throw new Error(`there is no account ${name}`);
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
