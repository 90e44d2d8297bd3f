import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface GetOptions {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  agent?: Agent;
}

/** One HTTP request, with nothing added to it and nothing decoded. */
export function httpGet({ address, port }: AddressInfo, options: GetOptions = {}): Promise<Reply> {
  const { path = '/metrics', ...rest } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ host: address, port, path, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
