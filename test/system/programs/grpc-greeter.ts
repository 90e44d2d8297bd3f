import { setTimeout as pause } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { isListening } from '../../support/listening.js';
import { waitFor } from '../../support/process.js';

/** Calls by method and status: `helloworld.Greeter/SayHello OK`. */
export type StatusCounts = Record<string, number>;

export const SERVICE = 'helloworld.Greeter';

const raw = { serialize: (message: Buffer) => message, deserialize: (bytes: Buffer) => bytes };

function methodOf(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/${SERVICE}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: raw.serialize,
    requestDeserialize: raw.deserialize,
    responseSerialize: raw.serialize,
    responseDeserialize: raw.deserialize,
  };
}

const DEFINITION = {
  SayHello: methodOf('SayHello', false, false),
  List: methodOf('List', false, true),
  Sum: methodOf('Sum', true, false),
  Chat: methodOf('Chat', true, true),
};

/** What a message of one byte asks for. */
const FAIL_BASE = 0x40;
export const WAIT = Buffer.from('w');
/** An answer with that status. */
export const failing = (code: number) => Buffer.from([FAIL_BASE + code]);

type Unary = grpc.ServerUnaryCall<Buffer, Buffer>;
type Answer = grpc.sendUnaryData<Buffer>;

function errorFor(asked: Buffer): grpc.ServiceError | undefined {
  const code = asked.length === 1 ? asked[0] - FAIL_BASE : -1;
  if (code < 1 || code > 16) return undefined;
  return Object.assign(new Error('refused'), { code, details: 'refused', metadata: new grpc.Metadata() });
}

/** A server of four methods, one of each kind, with the defaults of its library. */
export async function serveGreeter(path: string): Promise<grpc.Server> {
  const server = new grpc.Server();
  server.addService(DEFINITION, {
    SayHello: async (call: Unary, answer: Answer) => {
      if (call.request.equals(WAIT)) await pause(2000);
      answer(errorFor(call.request) ?? null, call.request);
    },
    List: async (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      for (let i = 0; i < 10; i++) call.write(call.request);
      if (!call.request.equals(WAIT)) call.end();
    },
    Sum: (call: grpc.ServerReadableStream<Buffer, Buffer>, answer: Answer) => {
      let bytes = 0;
      call.on('data', (part: Buffer) => {
        bytes += part.length;
      });
      call.on('end', () => answer(null, Buffer.from(String(bytes))));
    },
    Chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (part: Buffer) => call.write(part));
      call.on('end', () => call.end());
    },
  });
  await new Promise<void>((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`unix:${path}`, credentials, (error) => (error === null ? resolve() : reject(error)));
  });
  await waitFor('the server to listen', () => isListening(path));
  return server;
}

/** A client that counts what its library tells it. */
export class GreeterClient {
  readonly counts: StatusCounts = {};
  readonly #client: grpc.Client;

  constructor(path: string) {
    this.#client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), {
      // Each has a connection of its own.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  close(): void {
    this.#client.close();
  }

  sayHello(message: Buffer, options: grpc.CallOptions = {}, leaveAfterMs?: number): Promise<void> {
    return this.#ended('SayHello', leaveAfterMs, (told) => {
      const { path } = DEFINITION.SayHello;
      const { serialize, deserialize } = raw;
      return this.#client.makeUnaryRequest(path, serialize, deserialize, message, metadata(), options, told);
    });
  }

  sum(messages: readonly Buffer[]): Promise<void> {
    return this.#ended('Sum', undefined, (told) => {
      const { path } = DEFINITION.Sum;
      const call = this.#client.makeClientStreamRequest(
        path,
        raw.serialize,
        raw.deserialize,
        metadata(),
        {},
        told,
      );
      for (const message of messages) call.write(message);
      call.end();
      return call;
    });
  }

  list(message: Buffer, leaveAfterMs?: number): Promise<void> {
    const { path } = DEFINITION.List;
    const call = this.#client.makeServerStreamRequest(
      path,
      raw.serialize,
      raw.deserialize,
      message,
      metadata(),
    );
    return this.#streamed('List', call, leaveAfterMs);
  }

  chat(messages: readonly Buffer[]): Promise<void> {
    const { path } = DEFINITION.Chat;
    const call = this.#client.makeBidiStreamRequest(path, raw.serialize, raw.deserialize, metadata());
    for (const message of messages) call.write(message);
    call.end();
    return this.#streamed('Chat', call);
  }

  /** Any method of any service, with bytes for a message. */
  call(path: string, message: Buffer = Buffer.alloc(0)): Promise<void> {
    return this.#ended(path, undefined, (told) =>
      this.#client.makeUnaryRequest(path, raw.serialize, raw.deserialize, message, metadata(), {}, told),
    );
  }

  #ended(
    name: string,
    leaveAfterMs: number | undefined,
    start: (told: grpc.requestCallback<Buffer>) => { cancel(): void },
  ): Promise<void> {
    return new Promise((resolve) => {
      const call = start((error) => {
        this.#count(name, error?.code ?? grpc.status.OK);
        resolve();
      });
      if (leaveAfterMs !== undefined) setTimeout(() => call.cancel(), leaveAfterMs);
    });
  }

  #streamed(name: string, call: grpc.ClientReadableStream<Buffer>, leaveAfterMs?: number): Promise<void> {
    return new Promise((resolve) => {
      call.on('data', () => {});
      call.on('error', () => {});
      call.on('status', ({ code }) => {
        this.#count(name, code);
        resolve();
      });
      if (leaveAfterMs !== undefined) setTimeout(() => call.cancel(), leaveAfterMs);
    });
  }

  #count(name: string, code: grpc.status): void {
    const method = name.startsWith('/') ? name.slice(1) : `${SERVICE}/${name}`;
    const key = `${method} ${grpc.status[code]}`;
    this.counts[key] = (this.counts[key] ?? 0) + 1;
  }
}

function metadata(): grpc.Metadata {
  const sent = new grpc.Metadata();
  sent.set('authorization', 'Bearer s3cret');
  return sent;
}
