import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeLogRecords, type OtlpLogRecord } from './otlp-log-records.js';
import { decodeRequest, type OtlpPoint } from './otlp-request.js';
import { decodeSpans, type OtlpSpan } from './otlp-spans.js';

export class ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly receivedMs = performance.now();
  readonly #body: Buffer;
  #points: readonly OtlpPoint[] | undefined;
  #spans: readonly OtlpSpan[] | undefined;
  #logRecords: readonly OtlpLogRecord[] | undefined;

  constructor(
    request: IncomingMessage,
    body: Buffer,
    /** What it is answered. */
    public answer: Answer,
  ) {
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.headers = request.headers;
    this.#body = body;
  }

  /** Decoded when a test asks for them: the exporter shares our thread and shall not wait. */
  get points(): readonly OtlpPoint[] {
    this.#points ??= decodeRequest(this.#type, this.#message);
    return this.#points;
  }

  /** The same for a request that carries spans. */
  get spans(): readonly OtlpSpan[] {
    this.#spans ??= decodeSpans(this.#type, this.#message);
    return this.#spans;
  }

  /** The same for one that carries log records. */
  get logRecords(): readonly OtlpLogRecord[] {
    this.#logRecords ??= decodeLogRecords(this.#type, this.#message);
    return this.#logRecords;
  }

  get #type(): string {
    return this.headers['content-type'] ?? '';
  }

  get #message(): Buffer {
    return this.headers['content-encoding'] === 'gzip' ? gunzipSync(this.#body) : this.#body;
  }
}

export interface ReceiverReply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** `hang`: nothing is ever answered. `reset`: the connection breaks off. */
export type Answer = ReceiverReply | 'hang' | 'reset';

/** An OTLP receiver that keeps all requests, and answers what a test wants. */
export class OtlpReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** The answer to the request with this index, from 0. */
  answer: (index: number) => Answer = () => ({});
  /** The same, where it depends on what the latest of `requests` carries. */
  judge: (() => Answer) | undefined;
  readonly #server: Server | TlsServer;
  readonly #scheme: string;
  /** Connections that were accepted. */
  connections = 0;
  /** Those of them that are not closed yet. */
  openConnections = 0;

  /** `tls`: for https. */
  constructor(tls?: ServerOptions) {
    const receive = (request: IncomingMessage, response: ServerResponse) => {
      // Among other things, a request that was broken off.
      this.#receive(request, response).catch((error) => response.writeHead(400).end(String(error)));
    };
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive);
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.openConnections++;
      socket.on('close', () => this.openConnections--);
    });
  }

  /** At a Unix socket, or at a port of 127.0.0.1; without either, at any free port. */
  async listen(where: { socketPath?: string; port?: number } = {}): Promise<this> {
    if (where.socketPath !== undefined) this.#server.listen(where.socketPath);
    else this.#server.listen(where.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Goes away as a process does: the port or socket is free, connections are gone. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Requests that were answered with success. */
  get taken(): ReceivedRequest[] {
    return this.requests.filter(({ answer }) => typeof answer === 'object' && (answer.status ?? 200) < 300);
  }

  /** Sum of the values of a metric in all requests that were taken. */
  sum(metric: string): number {
    return [...this.sums(metric).values()].reduce((sum, value) => sum + value, 0);
  }

  /** The same for each socket. */
  sums(metric: string): Map<string, number> {
    const sums = new Map<string, number>();
    for (const point of this.taken.flatMap(({ points }) => points)) {
      const { 'uds.socket.name': socket = '' } = point.attributes;
      if (point.metric === metric) sums.set(socket, (sums.get(socket) ?? 0) + point.value);
    }
    return sums;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const received = new ReceivedRequest(request, Buffer.concat(chunks), this.answer(this.requests.length));
    this.requests.push(received);
    if (this.judge !== undefined) received.answer = this.judge();
    const { answer } = received;
    if (answer === 'reset') request.socket.resetAndDestroy();
    else if (answer !== 'hang') response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }
}
