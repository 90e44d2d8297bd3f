import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Counts } from './capturing-agent.js';
import type { Cleanup } from './cleanup.js';
import { Tally } from './tally.js';

export interface LineRequest {
  readonly id?: string | number | null;
  readonly method: string;
  readonly params?: unknown;
}

/** The text that a request is answered with; undefined: none. */
export type Answering = (request: LineRequest) => string | undefined;

/** Methods that begin so fail. */
const FAILING = 'fail';
export const FAILURE_CODE = -32_000;

/** Answers everything, and what begins with `fail` with an error. Notifications are only heard. */
export function answer({ id, method }: LineRequest): string | undefined {
  if (id === undefined) return undefined;
  const body = method.startsWith(FAILING)
    ? { error: { code: FAILURE_CODE, message: `${method} cannot be` } }
    : { result: `done ${method}` };
  return JSON.stringify({ jsonrpc: '2.0', id, ...body });
}

/** A host service that speaks JSON-RPC, one message a line, and counts what it is asked. It overhears the rest. */
export class LineService {
  readonly #heard = new Tally();

  static async listen(cleanup: Cleanup, path: string, answering: Answering = answer): Promise<LineService> {
    const service = new LineService();
    const server = createServer((socket) => {
      cleanup.defer(() => socket.destroy());
      service.#serve(socket, answering);
    }).listen(path);
    cleanup.defer(() => server.close());
    await once(server, 'listening');
    return service;
  }

  /** What it was asked, by method, and by method and error code where it refused, as metrics have it. */
  get calls(): Counts {
    return this.#heard.counts;
  }

  #serve(socket: Socket, answering: Answering): void {
    socket.on('error', () => socket.destroy());
    onLines(socket, (line) => {
      const request = requestIn(line);
      if (request === undefined) return;
      const { method } = request;
      const answered = answering(request);
      this.#heard.add(answered?.includes('"error"') ? `${method} ${FAILURE_CODE}` : method);
      if (answered === undefined) return;
      // Answers to what came together go together, as from any service that is quick.
      socket.cork();
      socket.write(`${answered}\n`);
      process.nextTick(() => socket.uncork());
    });
  }
}

/** The request that a line is; undefined for an answer, or what is no JSON. */
function requestIn(line: string): LineRequest | undefined {
  try {
    const { method, ...others } = JSON.parse(line) as Partial<LineRequest>;
    return method === undefined ? undefined : { ...others, method };
  } catch {
    return undefined;
  }
}

/** Calls `take` with every whole line that arrives. */
export function onLines(socket: Readable, take: (line: string) => void): void {
  const rest: string[] = [];
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    const [first, ...others] = lines;
    if (first !== undefined) {
      take(`${rest.splice(0).join('')}${first}`);
      for (const line of others) take(line);
    }
    rest.push(last);
  });
}
