import { readFileSync } from 'node:fs';

/**
 * The numeric id of a user or group: `who` itself when it is a number, else its entry in /etc/passwd or
 * /etc/group. Accounts that only a network directory knows must be given by number.
 *
 * @throws Error when there is no such account.
 */
export function accountId(kind: 'user' | 'group', who: string | number): number {
  if (typeof who === 'number') return who;
  const file = kind === 'user' ? '/etc/passwd' : '/etc/group';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [name, , id] = line.split(':');
    if (name === who && id !== undefined) return Number(id);
  }
  throw new Error(`no ${kind} ${JSON.stringify(who)} in ${file}`);
}
