import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Signal } from '../../values/signal.js';
import type { OtlpTarget } from './config.js';
import { connectionFailure, isStaleConnection, outOfTime } from './connection-failure.js';
import { type Answer, judgeAnswer } from './judge-answer.js';
import type { Outcome } from './outcome.js';
import type { TlsFiles } from './tls-files.js';
import type { TlsMaterial } from './tls-material.js';

export interface HttpSenderSettings {
  target: OtlpTarget;
  /** How an https: target is known; undefined: by the well-known authorities. */
  tls: TlsFiles | undefined;
  /** What requests carry. */
  signal: Signal;
  /** The user's, beside those that say what the body is. */
  headers: Readonly<Record<string, string>>;
  contentType: string;
  compression: 'gzip' | 'none';
  userAgent: string;
  /** Longest time for one attempt, in ms. */
  timeoutMs: number;
}

/** Headers that the user cannot choose: they describe the body. */
const BODY_HEADERS: readonly string[] = [
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
];

/** How much of an answer is read, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const AGENT_OPTIONS = { keepAlive: true, maxSockets: 1 };

const compress = promisify(gzip);

/** Sends requests to one destination, one at a time, over a connection that is kept. */
export class HttpSender {
  readonly #settings: HttpSenderSettings;
  readonly #url: URL;
  readonly #headers: OutgoingHttpHeaders;
  #agent: HttpAgent;
  /** What the connections of `#agent` are made with. */
  #tls: TlsMaterial | undefined;
  readonly #request: (url: URL, options: RequestOptions) => ClientRequest;

  constructor(settings: HttpSenderSettings) {
    this.#settings = settings;
    this.#url = new URL(settings.target.url);
    this.#headers = constantHeaders(settings);
    const isHttps = this.#url.protocol === 'https:';
    this.#tls = settings.tls?.current();
    this.#agent = isHttps ? new HttpsAgent({ ...AGENT_OPTIONS, ...this.#tls }) : new HttpAgent(AGENT_OPTIONS);
    this.#request = isHttps ? httpsRequest : httpRequest;
  }

  /** What goes over the wire for `message`. */
  async pack(message: Uint8Array): Promise<Uint8Array> {
    return this.#settings.compression === 'gzip' ? await compress(message) : message;
  }

  /** One attempt. Never rejects. An attempt that is aborted has run out of time. */
  send(body: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    const { timeoutMs, signal: carried } = this.#settings;
    this.#renew();
    return new Promise((resolve) => {
      let answered = false;
      const request = this.#request(this.#url, { ...this.#options(body), signal });
      const timer = setTimeout(() => request.destroy(outOfTime(timeoutMs)), timeoutMs);
      request.on('response', (response) => {
        answered = true;
        void readAnswer(response).then((answer) => {
          resolve({ ...judgeAnswer(answer, carried), status: answer.status });
        });
      });
      request.on('error', (error) => {
        // After the status line it is the answer that counts, and readAnswer sees the error too.
        if (answered) return;
        resolve(isStaleConnection(request, error) ? this.send(body, signal) : connectionFailure(error));
      });
      request.on('close', () => clearTimeout(timer));
      request.end(body);
    });
  }

  /** Closes the connection. */
  close(): void {
    this.#agent.destroy();
  }

  /** Has the next request go over a new connection once a certificate has changed: the kept one was made with the old. */
  #renew(): void {
    const tls = this.#settings.tls?.current();
    if (tls === this.#tls) return;
    this.#tls = tls;
    this.#agent.destroy();
    this.#agent = new HttpsAgent({ ...AGENT_OPTIONS, ...tls });
  }

  #options(body: Uint8Array): RequestOptions {
    const { socketPath } = this.#settings.target;
    const headers = { ...this.#headers, 'content-length': body.length };
    const options: RequestOptions = { method: 'POST', headers, agent: this.#agent };
    return socketPath === undefined ? options : { ...options, socketPath };
  }
}

function constantHeaders(settings: HttpSenderSettings): OutgoingHttpHeaders {
  const { headers, contentType, compression, userAgent } = settings;
  const ofUser = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    'user-agent': userAgent,
    ...Object.fromEntries(ofUser.filter(([name]) => !BODY_HEADERS.includes(name))),
    'content-type': contentType,
    ...(compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  };
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, body: await readBody(response) };
}

/** The body; undefined when it breaks off or goes beyond the limit. */
async function readBody(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      // Returning destroys the response and its connection.
      if (bytes > MAX_ANSWER_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
