import { CallRecord, UNTIMED } from './call-record.js';
import { identity } from './telling-agent.js';

interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: { readonly name?: unknown; readonly requestId?: string | number };
  readonly error?: { readonly code: number };
  readonly result?: { readonly isError?: boolean };
}

/** What clients of both generations of MCP's SDK send and hear through. */
interface Transport {
  send(message: unknown, options?: unknown): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: each SDK has types of its own for what it hears
  onmessage?: ((message: any, extra?: any) => void) | undefined;
}

/** The answer to a POST request that is none to the client, for its status. */
interface Refusal {
  readonly data: { readonly status: number; readonly text: string };
}

type Side = 'client' | 'server';

interface Asked {
  readonly method: string;
  readonly startMs: number;
}

/** How a call is told whose answer takes another connection than the request. */
export const ELSEWHERE = 'unknown';

/** Records all that goes through a client's transport, both ways. */
export class TransportRecord {
  readonly calls = new CallRecord();
  /** Each call that was answered and each notification, as `identity` has it. */
  readonly identities: string[] = [];
  /** How many calls of either side were answered. */
  readonly answered = { client: 0, server: 0 };
  readonly #elsewhere: readonly Side[];
  readonly #asked = { client: new Map<Message['id'], Asked>(), server: new Map<Message['id'], Asked>() };

  /** `elsewhere`: whose calls are answered on another connection, as those of a server are over HTTP. */
  constructor(transport: Transport, elsewhere: readonly Side[]) {
    this.#elsewhere = elsewhere;
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
      const { id, method } = message as Message;
      this.#note(message as Message, 'client');
      try {
        await send(message, options);
      } catch (error) {
        if (id !== undefined && method !== undefined) this.#answered(id, codeOf(error as Refusal), 'client');
        throw error;
      }
    };
    let hear: Transport['onmessage'];
    Object.defineProperty(transport, 'onmessage', {
      get: () =>
        hear && ((message: Message, extra: unknown) => this.#hear(message, () => hear?.(message, extra))),
      set: (listener: Transport['onmessage']) => {
        hear = listener;
      },
    });
  }

  /** Requests that nobody has answered yet. */
  get pending(): number {
    return this.#asked.client.size + this.#asked.server.size;
  }

  #hear(message: Message, pass: () => void): void {
    this.#note(message, 'server');
    pass();
  }

  #note(message: Message, by: Side): void {
    const { id, error, result } = message;
    const method = nameOf(message);
    if (method !== undefined && id === undefined) {
      if (method === 'notifications/cancelled') this.#calledOff(message, by);
      this.calls.notified(method);
      this.identities.push(method);
    } else if (method !== undefined) {
      this.#asked[by].set(id, { method, startMs: performance.now() });
    } else {
      const asker = by === 'client' ? 'server' : 'client';
      const isToolError = result?.isError === true;
      this.#answered(id, isToolError ? 'tool_error' : error?.code, asker);
    }
  }

  #calledOff({ params }: Message, by: Side): void {
    const asked = this.#asked[by].get(params?.requestId);
    if (asked === undefined) return;
    this.#asked[by].delete(params?.requestId);
    // Over HTTP another connection says so, and its stream ends at some time.
    const outcome = this.#elsewhere.length > 0 ? ELSEWHERE : 'cancelled';
    this.identities.push(identity(asked.method, String(params?.requestId), outcome));
    if (outcome === ELSEWHERE) this.calls.answered(asked.method, UNTIMED, outcome);
    else this.calls.unanswered(asked.method, outcome);
  }

  #answered(id: Message['id'], code: string | number | undefined, asker: Side): void {
    const asked = this.#asked[asker].get(id);
    if (asked === undefined) throw new Error(`${id} was answered, but not asked`);
    this.#asked[asker].delete(id);
    this.answered[asker]++;
    const { method, startMs } = asked;
    const outcome = this.#elsewhere.includes(asker) ? ELSEWHERE : code;
    this.identities.push(identity(method, String(id), outcome));
    // A client's POST has an answer at once, which is not that of the call. What a server asks on a stream has none.
    if (outcome === ELSEWHERE && asker === 'server') this.calls.unanswered(method, ELSEWHERE);
    else this.calls.answered(method, (performance.now() - startMs) / 1000, outcome);
  }
}

/** The method, with the tool or prompt that it is about. */
function nameOf({ method, params }: Message): string | undefined {
  const isAbout = method === 'tools/call' || method === 'prompts/get';
  return isAbout ? `${method} ${params?.name}` : method;
}

/** That of the JSON-RPC in its body. */
function codeOf({ data }: Refusal): number {
  return (JSON.parse(data.text) as Message).error?.code ?? data.status;
}
