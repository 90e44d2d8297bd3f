import { readFileSync } from 'node:fs';

/** The highest id of a user or group. They have 32 bits, and the value above means "leave as it is" to chown(2). */
export const MAX_ACCOUNT_ID = 2 ** 32 - 2;

/**
 * The numeric id of a user or group: `account` itself if it is a number, otherwise its entry in /etc/passwd or
 * /etc/group. Accounts that only a network directory knows must be given by number.
 *
 * @throws Error if there is no such account
 */
export function accountId(kind: 'user' | 'group', account: string | number): number {
  if (typeof account === 'number') return account;
  const file = kind === 'user' ? '/etc/passwd' : '/etc/group';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [name, , id] = line.split(':');
    if (name === account && id !== undefined) return Number(id);
  }
  throw new Error(`no ${kind} ${JSON.stringify(account)} in ${file}`);
}
