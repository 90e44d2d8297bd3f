import { MAX_ACCOUNT_ID } from '../linux/passwd.js';
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

/** What the JSON Schema says of it. */
export const ACCOUNT_SHAPE = {
  type: ['string', 'integer'],
  minLength: 1,
  minimum: 0,
  maximum: MAX_ACCOUNT_ID,
};
