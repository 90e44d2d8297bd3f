import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { CallRecord } from './call-record.js';
import type { Cleanup } from './cleanup.js';
import { objectsIn } from './json-stream.js';
import { identity } from './telling-agent.js';

interface NodeRequest {
  readonly jsonrpc: string;
  readonly id: number | string;
  readonly method: string;
  readonly params: readonly unknown[];
}

type Outcome =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: string } };

/** Which members of an answer come first: geth, besu and anvil end with the result, nethermind with the id. */
export type Order = 'result last' | 'id last';

/** Calls are held up to four times so long, so that answers overtake each other, and it shows whose took how long. */
const HOLD_MS = 5;

/** Over a socket, a method that is not answered. */
export const NEVER = 'eth_never';

/** A block's head as geth announces it: with its bloom filter, 1.5 KB. */
const HEAD = {
  parentHash: hex(32),
  sha3Uncles: hex(32),
  miner: hex(20),
  stateRoot: hex(32),
  transactionsRoot: hex(32),
  receiptsRoot: hex(32),
  logsBloom: hex(256),
  difficulty: '0x0',
  gasLimit: '0x2255100',
  gasUsed: '0x0',
  timestamp: '0x669e',
  extraData: hex(97),
  mixHash: hex(32),
  nonce: '0x0000000000000000',
  baseFeePerGas: '0x7',
  withdrawalsRoot: hex(32),
  blobGasUsed: '0x0',
  excessBlobGas: '0x0',
  parentBeaconBlockRoot: hex(32),
  requestsHash: hex(32),
  hash: hex(32),
};

/** Answers as an Ethereum node does, to calls of which nothing is true but the form, and records what it has answered. */
export class EthereumNode {
  readonly record = new CallRecord();
  /** Calls of NEVER that it has heard. */
  unanswered = 0;
  /** Each call that it has answered, as `identity` has it. */
  readonly identities: string[] = [];
  readonly #order: Order;
  #subscriptions = 0;

  constructor(order: Order) {
    this.#order = order;
  }

  /** Requests may follow each other without anything in between; answers end with a line feed. */
  async listenIpc(cleanup: Cleanup, path: string): Promise<this> {
    const server = createServer((socket) => {
      cleanup.defer(() => socket.destroy());
      socket.on('error', () => socket.destroy());
      objectsIn(socket, (object) => {
        const request = JSON.parse(object) as NodeRequest;
        if (request.method === NEVER) this.unanswered++;
        else void this.#serve(socket, request);
      });
    });
    return this.#listen(cleanup, server, path);
  }

  /** Compressed where the client accepts it, as geth does, if `mayCompress`. */
  async listenHttp(cleanup: Cleanup, path: string, mayCompress = false): Promise<this> {
    const server = createHttpServer(async (request, response) => {
      const asked = JSON.parse(await text(request)) as NodeRequest | NodeRequest[];
      const answers = await Promise.all([asked].flat().map((one) => this.#answer(one)));
      const body = Array.isArray(asked) ? `[${answers.join(',')}]` : answers[0];
      response.setHeader('content-type', 'application/json');
      if (mayCompress && request.headers['accept-encoding']?.includes('gzip')) {
        response.setHeader('content-encoding', 'gzip').end(gzipSync(`${body}\n`));
      } else {
        response.end(`${body}\n`);
      }
    });
    return this.#listen(cleanup, server, path);
  }

  async #listen(cleanup: Cleanup, server: NetServer | Server, path: string): Promise<this> {
    server.listen(path);
    cleanup.defer(() => server.close());
    await once(server, 'listening');
    return this;
  }

  async #serve(socket: Socket, request: NodeRequest): Promise<void> {
    socket.write(`${await this.#answer(request)}\n`);
    if (request.method === 'eth_subscribe') await this.#announce(socket, this.#subscriptions);
  }

  /** Heads of blocks, until the connection ends or the subscription. */
  async #announce(socket: Socket, subscription: number): Promise<void> {
    for (let number = 1; socket.writable && this.#subscriptions === subscription; number++) {
      const result = { ...HEAD, number: `0x${number.toString(16)}` };
      const params = { subscription: `0x${subscription}`, result };
      this.record.notified('eth_subscription');
      this.identities.push('eth_subscription');
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params })}\n`);
      await sleep(10);
    }
  }

  async #answer(request: NodeRequest): Promise<string> {
    const { id, method } = request;
    const heardMs = performance.now();
    const outcome = this.#outcome(request);
    await sleep((Number(id) % 5) * HOLD_MS);
    const error = 'error' in outcome ? outcome.error.code : undefined;
    this.identities.push(identity(method, String(id), error));
    const answer =
      this.#order === 'id last' ? { jsonrpc: '2.0', ...outcome, id } : { jsonrpc: '2.0', id, ...outcome };
    const text = JSON.stringify(answer);
    this.record.answered(method, (performance.now() - heardMs) / 1000, error);
    return text;
  }

  #outcome({ method, params: [first] }: NodeRequest): Outcome {
    switch (method) {
      case 'eth_chainId':
        return { result: '0x1' };
      case 'eth_call':
        return { result: (first as { data: string }).data };
      case 'eth_getCode':
        // As long as the address says.
        return { result: hex(Number(first)) };
      case 'eth_sendRawTransaction':
        return { result: hex(32) };
      case 'eth_estimateGas': {
        const { data } = first as { data: string };
        return { error: { code: 3, message: `execution reverted: ${data}`, data } };
      }
      case 'eth_subscribe':
        return { result: `0x${++this.#subscriptions}` };
      case 'eth_unsubscribe':
        this.#subscriptions++;
        return { result: true };
      default:
        return { error: { code: -32_601, message: `the method ${method} does not exist/is not available` } };
    }
  }
}

/** So many bytes, as a node writes them. */
export function hex(bytes: number): string {
  return `0x${'a5'.repeat(bytes)}`;
}
