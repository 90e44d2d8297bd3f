import type { ServerResponse } from 'node:http';
import { printableJson } from '../../values/printable.js';

/** Answers with a value. For values of bounded size. */
export function replyJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${printableJson(value)}\n`;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers).end(body);
}

/** Answers a request that is refused. */
export function replyError(response: ServerResponse, status: number, message: string): void {
  replyJson(response, status, { error: message });
}

/** Answers that it is done, without a body. */
export function replyDone(response: ServerResponse): void {
  response.writeHead(204).end();
}
