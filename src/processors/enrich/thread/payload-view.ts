import { createHmac, randomBytes } from 'node:crypto';

export type PayloadMode = 'none' | 'hashed' | 'raw';

/** Longest payload that a span or an event shows, in UTF-16 units. */
const MAX_SHOWN = 2048;

/** Digits of a hash that are shown: enough that equal ones are equal values. */
const HASH_DIGITS = 16;

/** A secret of this process: hashes can be compared with each other while it runs, and with nothing else. */
const key = randomBytes(32);

/** What may be shown of a payload. */
export function payloadView(mode: PayloadMode, payload: string | undefined): string | undefined {
  if (payload === undefined || mode === 'none') return undefined;
  if (mode === 'hashed') return hashed(payload);
  // A slice keeps the whole string alive; a copy does not.
  return payload.length > MAX_SHOWN ? `${copy(payload.slice(0, MAX_SHOWN))}…` : payload;
}

/** The same of several texts, each by its name; undefined where nothing may be shown. */
export function secretsView(
  mode: PayloadMode,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  if (mode === 'none') return undefined;
  return Object.fromEntries(
    Object.entries(secrets).map(([name, text]) => [name, payloadView(mode, text) ?? '']),
  );
}

function copy(text: string): string {
  return Buffer.from(text).toString();
}

function hashed(payload: string): string {
  const digest = createHmac('sha256', key).update(payload).digest('hex').slice(0, HASH_DIGITS);
  return `hmac:${digest} ${Buffer.byteLength(payload)} B`;
}
