import { gzipSync } from 'node:zlib';
import type { Random } from '../../fuzz/random.js';
import { bare, c, chunked, get, json, long, post, reply, type Step, s } from './steps.js';

const STATUSES = [
  '401 Unauthorized',
  '429 Too Many Requests',
  '500 Internal Server Error',
  '503 Service Unavailable',
];
const CODES = [-32601, -32000, 3];
const ACCEPTED = bare('202 Accepted', 'Content-Length: 0\r\n');

/** A request, what answers it, and what there is to tell of both. */
interface Exchange {
  readonly asked: Buffer | string;
  readonly answered: Buffer | string;
  readonly told: readonly string[];
}

/** Calls over one connection of HTTP by chance, pipelined or not, and what there is to tell of them. */
export class AnyExchanges {
  readonly steps: Step[] = [];
  readonly #told = new Map<string, number>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    // It is clear from the first that this is JSON-RPC.
    let waiting = [this.#call()];
    this.steps.push(c(waiting[0].asked));
    for (let left = random.below(16); left > 0; left--) {
      if (random.below(3) > 0) waiting = this.#answerAll(waiting);
      const exchange = this.#exchange();
      this.steps.push(c(exchange.asked));
      waiting.push(exchange);
    }
    this.#answerAll(waiting);
  }

  /** As `Conversation.told`. */
  get told(): string {
    return [...this.#told].map(([call, count]) => `${count} ${call}`).join(', ');
  }

  #answerAll(waiting: readonly Exchange[]): Exchange[] {
    for (const { answered, told } of waiting) {
      this.steps.push(s(answered));
      for (const call of told) this.#told.set(call, (this.#told.get(call) ?? 0) + 1);
    }
    return [];
  }

  #exchange(): Exchange {
    switch (this.#random.below(8)) {
      case 0:
        return { asked: get('/health'), answered: reply('ok', { type: 'text/plain' }), told: [] };
      case 1: {
        const head = bare('200 OK', 'Content-Type: application/json\r\nContent-Length: 77\r\n');
        return { asked: get('/').replace('GET', 'HEAD'), answered: head, told: [] };
      }
      case 2:
        return {
          asked: post({ jsonrpc: '2.0', method: 'n0', params: [this.#filling()] }),
          answered: ACCEPTED,
          told: ['n0 noted'],
        };
      case 3:
        return this.#batch();
      default:
        return this.#call();
    }
  }

  #call(): Exchange {
    const method = `m${this.#random.below(3)}`;
    const id = this.#random.oneOf([1, 1, 'x', 7]);
    const asked = post({ method, id, params: [this.#filling()], jsonrpc: '2.0' });
    switch (this.#random.below(6)) {
      case 0: {
        const status = this.#random.oneOf(STATUSES);
        const answered = reply(this.#random.oneOf(['busy', '', '<html></html>']), {
          status,
          type: 'text/html',
        });
        return { asked, answered, told: [`${method} ${status.slice(0, 3)}`] };
      }
      case 1: {
        const answered = reply(gzipSync(this.#filling()), { headers: 'Content-Encoding: gzip\r\n' });
        return { asked, answered, told: [method] };
      }
      case 2: {
        const note = { method: 'n1', params: [this.#filling()], jsonrpc: '2.0' };
        const { answer, told } = this.#answer(method, id);
        return { asked, answered: this.#stream([note, answer]), told: [told, 'n1 noted'] };
      }
      default: {
        const { answer, told } = this.#answer(method, id);
        return { asked, answered: this.#carry(json(answer)), told: [told] };
      }
    }
  }

  #batch(): Exchange {
    const calls = Array.from({ length: 1 + this.#random.below(8) }, (_, id) => ({
      method: `m${this.#random.below(3)}`,
      id,
      params: [],
      jsonrpc: '2.0',
    }));
    const answers = calls.map(({ method, id }) => this.#answer(method, id)).reverse();
    return {
      asked: post(calls),
      answered: this.#carry(json(answers.map(({ answer }) => answer))),
      told: answers.map(({ told }) => told),
    };
  }

  #answer(method: string, id: unknown): { answer: object; told: string } {
    const code = this.#random.below(3) === 0 ? this.#random.oneOf(CODES) : undefined;
    const outcome =
      code === undefined ? { result: this.#filling() } : { error: { code, message: this.#filling() } };
    const answer =
      this.#random.below(2) === 0 ? { jsonrpc: '2.0', id, ...outcome } : { ...outcome, jsonrpc: '2.0', id };
    return { answer, told: code === undefined ? method : `${method} ${code}` };
  }

  #carry(body: string): Buffer {
    if (this.#random.below(2) === 0) return chunked(body, { size: 1 + this.#random.below(900) });
    return reply(body, this.#random.below(3) === 0 ? { headers: 'Transfer-Encoding: identity\r\n' } : {});
  }

  #stream(messages: readonly object[]): Buffer {
    const end = this.#random.oneOf(['\n', '\r\n', '\r']);
    const events = messages.map((message) => `event: message${end}data: ${json(message)}${end}${end}`);
    if (this.#random.below(2) === 0) events.unshift(`: ping${end}${end}`);
    return chunked(events.join(''), { type: 'text/event-stream', size: 1 + this.#random.below(900) });
  }

  /** Mostly short, at times longer than what is captured of a message. */
  #filling(): string {
    return long(
      this.#random.below(this.#random.below(4) === 0 ? 2500 : 60),
      this.#random.oneOf(['ab', '"', '}', '\r\n', '0\r\n\r\n']),
    );
  }
}
