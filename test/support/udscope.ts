/** The built `udscope` command as a user runs it, and an upstream and clients to give it traffic. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type RealProcess, startProcess } from './process.js';

/** The command's own file. Compiled, this file is in dist/test/support. */
export const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface UdscopeOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Shell code that runs first, as `ulimit -n 256`. */
  readonly limit?: string | undefined;
}

/** Starts the command, whatever it is about to do. */
export function startCommand({ args, limit, ...options }: UdscopeOptions): Promise<RealProcess> {
  const own = [COMMAND, ...args];
  const command =
    limit === undefined
      ? { command: process.execPath, args: own }
      : { command: 'sh', args: ['-c', `${limit} && exec "$0" "$@"`, process.execPath, ...own] };
  return startProcess({ ...options, ...command, name: 'udscope' });
}

/** Runs `udscope run` with a configuration and returns once it is ready. */
export async function startUdscope(
  configuration: unknown,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RealProcess> {
  const file = join(directory, 'udscope.yaml');
  await writeFile(file, stringify(configuration));
  const udscope = await startCommand({ args: ['run', '--config', file], env });
  await udscope.waitForOutput('udscope is ready');
  return udscope;
}

/** A server that sends back what it gets, and counts it. */
export class EchoServer {
  bytes = 0;
  readonly #server: Server;

  private constructor(readonly path: string) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (data) => {
        this.bytes += data.length;
      });
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    });
  }

  static async listen(path: string): Promise<EchoServer> {
    const server = new EchoServer(path);
    server.#server.listen(path);
    await once(server.#server, 'listening');
    return server;
  }

  close(): void {
    this.#server.close();
  }
}

/** One client connection to an echo server: each call sends and waits for all of it to come back. */
export class EchoClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(path: string): Promise<EchoClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new EchoClient(socket);
  }

  async roundTrip(bytes: number): Promise<void> {
    this.#socket.write(Buffer.alloc(bytes, 'u'));
    for (let received = 0; received < bytes; ) {
      const [data] = (await once(this.#socket, 'data')) as [Buffer];
      received += data.length;
    }
  }

  /** Resolves when the other end has closed the connection. */
  ended(): Promise<void> {
    this.#socket.on('error', () => {});
    return new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends the connection; when it resolves the relay has closed it too. */
  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    this.#socket.resume();
    await closed;
  }
}
