import { accountId, MAX_ACCOUNT_ID } from '../linux/passwd.js';
import { attempt } from './attempt.js';
import { accept, type Parsed, refuse } from './parsed.js';

/**
 * Reads a user or group: a name, or an id as a number or in digits. A name of digits only cannot be told from an id, and
 * chown(1) reads it as one.
 *
 * @param refusal in words that follow the value
 */
export function parseAccount(input: unknown, refusal: string): Parsed<number | string> {
  const value = typeof input === 'string' && /^\d+$/.test(input) ? Number(input) : input;
  if (typeof value === 'string') return /^[^\s:/\p{C}]+$/u.test(value) ? accept(value) : refuse(refusal);
  const isId = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_ACCOUNT_ID;
  return isId ? accept(value) : refuse(refusal);
}

/** Why this machine has no user or group of a name, in words that follow it. An id needs no name. */
export function accountRefusal(kind: 'user' | 'group', account: unknown): string | undefined {
  // parseAccount speaks of what is no name.
  const parsed = parseAccount(account, '');
  if (!parsed.ok || typeof parsed.value === 'number') return undefined;
  if (attempt(() => accountId(kind, parsed.value)) !== undefined) return undefined;
  const file = kind === 'user' ? '/etc/passwd' : '/etc/group';
  return `is no ${kind} of this machine (${file}); give the id of one that only a directory service knows`;
}

/** What the JSON Schema says of it. */
export const ACCOUNT_SHAPE = {
  type: ['string', 'integer'],
  minLength: 1,
  minimum: 0,
  maximum: MAX_ACCOUNT_ID,
};
