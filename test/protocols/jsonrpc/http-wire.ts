import type { CallId, Response } from '../../../src/protocols/protocol.js';
import type { Ear } from '../listen.js';

export function post(body: string, headers = ''): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export function respond(body: string, status = '200 OK', headers = ''): string {
  const length = status.startsWith('204') ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `HTTP/1.1 ${status}\r\n${headers}${length}\r\n${body}`;
}

/** The data as chunks of at most so many characters. */
export function chunked(data: string, size = Infinity): string {
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.slice(at, at + size));
  const framed = parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`);
  return `${framed.join('')}0\r\n\r\n`;
}

/**
 * Each request with what it came to, as a tracker finds it by ids alone: its method, and behind it the code and message of
 * HTTP's errors, the doubt, or `-` where it has no answer.
 */
export function outcomes(ear: Ear): string[] {
  const { requests, responses } = ear.listener;
  const waiting = new Map<CallId, Response[]>();
  for (const response of responses) {
    const id = response.id ?? '';
    waiting.set(id, [...(waiting.get(id) ?? []), response]);
  }
  const told = requests.map(({ method, id }) => {
    const response = id === undefined ? undefined : waiting.get(id)?.shift();
    if (response === undefined) return `${method} -`;
    const { error, doubt } = response;
    const code = error?.isForeign === true ? `${error.code} ${error.message}` : error?.code;
    return [method, code?.trim(), doubt].filter((part) => part !== undefined).join(' ');
  });
  return told.sort();
}
