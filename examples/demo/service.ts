/** A small JSON-RPC 2.0 service on a Unix socket, one message a line: what a host service might be. */
import { createServer, type Server, type Socket } from 'node:net';
import { readJsonLines, writeJsonLine } from './json-lines.js';

interface Request {
  id?: string | number | null;
  method?: unknown;
  params?: unknown;
}

const METHOD_NOT_FOUND = -32601;
const PARSE_ERROR = -32700;

const FIRST_BLOCK = 17_000_000;
const startedMs = Date.now();

const methods: Record<string, (params: unknown) => unknown> = {
  eth_chainId: () => '0x1',
  eth_blockNumber: () => hex(FIRST_BLOCK + Math.floor((Date.now() - startedMs) / 12_000)),
  eth_getBalance: () => hex(Math.floor(Math.random() * 1e15)),
  demo_echo: (params) => params,
  demo_blob: (params) => 'x'.repeat(Math.min(1e6, Number((params as unknown[] | undefined)?.[0]) || 1024)),
};

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function answer(socket: Socket, request: Request): void {
  const { id, method, params } = request;
  if (id === undefined) return;
  const handler = typeof method === 'string' && Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler === undefined) {
    const error = { code: METHOD_NOT_FOUND, message: `no method ${String(method)}` };
    writeJsonLine(socket, { jsonrpc: '2.0', id, error });
  } else {
    writeJsonLine(socket, { jsonrpc: '2.0', id, result: handler(params) });
  }
}

/** Starts the service; resolves when it listens. */
export function startService(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    readJsonLines(
      socket,
      (value) => answer(socket, (value ?? {}) as Request),
      () =>
        writeJsonLine(socket, {
          jsonrpc: '2.0',
          id: null,
          error: { code: PARSE_ERROR, message: 'not JSON' },
        }),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}
