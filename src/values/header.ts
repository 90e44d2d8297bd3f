import { accept, type Parsed, parsedBy, refuse } from './parsed.js';
import { NOT_TEXT } from './text.js';

/** `token` of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** `field-value` of RFC 9110, section 5.5, in Latin-1, as Node sends it. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function parseHeaderName(input: unknown): Parsed<string> {
  return typeof input === 'string' && TOKEN.test(input)
    ? accept(input)
    : refuse('is not the name of an HTTP header');
}

export function parseHeaderValue(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse(NOT_TEXT);
  return FIELD_VALUE.test(input) ? accept(input) : refuse('has characters that no HTTP header may have');
}

export function headerName() {
  return parsedBy(parseHeaderName, { type: 'string', pattern: TOKEN.source });
}

export function headerValue() {
  return parsedBy(parseHeaderValue, { type: 'string' });
}
