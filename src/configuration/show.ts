import type { Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import type { Origin } from './tree.js';

/** Keys below which every value is a secret, at any place. */
const SECRET_KEYS = ['headers', 'ca_pem', 'cert_pem', 'key_pem'];

/** User and password of a URL. */
const CREDENTIALS = /\/\/[^/\s]*@/g;

/** A value as a message shows it: JSON, on one line, cut. Maps and lists are only named. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  if (typeof value !== 'string') return String(value);
  return quote(withoutCredentials(value));
}

/** A text without the user and password of a URL in it. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '//***@');
}

/** True where a value must not be shown. */
export function isSecret(path: Path): boolean {
  return path.some((segment) => SECRET_KEYS.includes(String(segment)));
}

/** `otel-config.yaml:12`, or only the file where there is no line. */
export function formatOrigin({ file, line }: Origin): string {
  return line === undefined ? file : `${file}:${line}`;
}
