import type { ServerResponse } from 'node:http';
import { reply } from '../../http/reply.js';
import { printableJson } from '../../values/printable.js';

/** Answers with a value. For values of bounded size. */
export function replyJson(response: ServerResponse, status: number, value: unknown): void {
  response.setHeader('cache-control', 'no-store');
  reply(response, status, { type: 'application/json', body: `${printableJson(value)}\n` });
}

/** Answers a request that is refused. */
export function replyError(response: ServerResponse, status: number, message: string): void {
  replyJson(response, status, { error: message });
}

/** Answers that it is done, without a body. */
export function replyDone(response: ServerResponse): void {
  response.writeHead(204).end();
}
