import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { ContainerMount } from '../../../src/api/containers/mount.js';
import type { AnnotatedSocket, Annotations, RefusedPath } from '../../../src/runtime/annotated-sockets.js';
import type { Cleanup } from '../../support/cleanup.js';

export const KEY = 'dev.gvisor.uds.monitor.path';

/** What a wrapper asks for, as it came. */
export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: {
    readonly sockets: readonly AnnotatedSocket[];
    readonly annotations: Annotations;
    readonly mounts: readonly ContainerMount[];
    readonly bundle: string;
    readonly marker: string;
  };
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

/** The control socket of an agent, which keeps to the contract unless told otherwise. */
export class Agent {
  readonly asked: Asked[] = [];
  answer: Answer = (asked, response) => this.#register(asked, response);
  readonly #cleanup: Cleanup;

  private constructor(
    cleanup: Cleanup,
    readonly control: string,
  ) {
    this.#cleanup = cleanup;
  }

  static async start(cleanup: Cleanup, control: string): Promise<Agent> {
    const agent = new Agent(cleanup, control);
    const server = createServer((request, response) => void agent.#serve(request, response));
    server.listen(control);
    await once(server, 'listening');
    cleanup.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    return agent;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url } = request;
    const asked = { method, url, body: JSON.parse(Buffer.concat(chunks).toString() || '{}') };
    this.asked.push(asked);
    this.answer(asked, response);
  }

  /** The relay socket that it makes for the n-th path of a container. */
  relayPath(id: string, n: number): string {
    return join(dirname(this.control), 'containers', id, `${n}.sock`);
  }

  registration(id: string, sockets: readonly AnnotatedSocket[], refused: readonly RefusedPath[] = []) {
    return {
      id,
      sockets: sockets.map(({ path, upstream }, n) => ({
        path,
        upstream,
        listen: this.#listen(this.relayPath(id, n)),
      })),
      refused,
    };
  }

  #register({ url, body }: Asked, response: ServerResponse): void {
    const id = decodeURIComponent(url?.replace(/\?.*/, '').split('/').at(-1) ?? '');
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.registration(id, body.sockets)));
  }

  /** Makes a socket that is there; nobody serves it. */
  #listen(path: string): string {
    if (existsSync(path)) return path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const server = createSocketServer().listen(path);
    this.#cleanup.defer(() => server.close());
    return path;
  }
}
