import type { ServerResponse } from 'node:http';

/** A body, and its media type. */
export interface Content {
  readonly type: string;
  readonly body: string;
}

/** Answers with a body that is there as a whole. */
export function reply(response: ServerResponse, status: number, { type, body }: Content): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
