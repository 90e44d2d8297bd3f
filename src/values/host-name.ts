import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

const HOST_NAME = /^(?:\*|(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)$/;

function parseHostName(input: unknown): Parsed<string> {
  return typeof input === 'string' && HOST_NAME.test(input)
    ? accept(input)
    : refuse(
        'is not the name of a host; give one without a port, *.domain for every name below, or * for every name',
      );
}

/** A name by which a request may ask: one, `*.domain` for every name below it, or `*`. */
export function hostName() {
  return parsedBy(parseHostName, { type: 'string', pattern: HOST_NAME.source });
}
