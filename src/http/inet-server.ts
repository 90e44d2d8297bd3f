import type { AddressInfo } from 'node:net';
import { inetAddress } from '../linux/inet-address.js';
import type { Endpoint } from '../values/endpoint.js';
import { clientOfAddress } from './client-address.js';
import { HttpServer, type HttpServerSettings } from './http-server.js';
import { KeptListener, type KeptListeners } from './kept-listener.js';
import { listen } from './listen.js';

/** A client, as far as it can be told from others: its address. */
export type InetClient = string;

export interface InetServerSettings extends Omit<HttpServerSettings<InetClient>, 'admit'> {
  /** Whose it is: the id of a component. */
  readonly owner: string;
  readonly endpoint: Endpoint;
  readonly kept?: KeptListeners;
  /** The socket of an earlier process cannot be accepted on. */
  adoptFailed(error: unknown): void;
}

/** An HTTP server on a port, which another process may go on with. */
export class InetServer {
  readonly #settings: InetServerSettings;
  readonly #server: HttpServer<InetClient>;
  readonly #listener: KeptListener;

  constructor(settings: InetServerSettings) {
    this.#settings = settings;
    this.#listener = new KeptListener(listenerName(settings), settings.kept);
    this.#server = new HttpServer<InetClient>({
      ...settings,
      admit: ({ remoteAddress = '' }) => {
        const client = clientOfAddress(remoteAddress);
        return { client, share: client };
      },
    });
  }

  /** Goes on with the socket of an earlier process, or listens. @throws Error that says whose it is, what cannot be listened on, and why. */
  async start(): Promise<AddressInfo> {
    const adopted = this.#adopt();
    if (adopted !== undefined) return adopted;
    const { owner, endpoint } = this.#settings;
    let address: AddressInfo;
    try {
      address = await listen(this.#server, endpoint);
    } catch (error) {
      throw new Error(`${owner}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    this.#listener.keep(this.#server.descriptor);
    return address;
  }

  /** Closes idle connections at once, busy ones when they have their answer or at `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#listener.giveBack()) return;
    this.#listener.drop();
    await this.#server.close(deadlineMs);
  }

  /** As `close`, where another process goes on listening. */
  async leave(deadlineMs: number): Promise<void> {
    if (!this.#listener.giveBack()) await this.#server.leave(deadlineMs);
  }

  #adopt(): AddressInfo | undefined {
    const fd = this.#listener.take();
    if (fd === undefined) return undefined;
    const address = inetAddress(fd);
    const { port } = this.#settings.endpoint;
    if (address === undefined || (port !== 0 && address.port !== port)) {
      this.#listener.reject(fd);
      return undefined;
    }
    this.#listener.acceptLater(fd, () => {
      this.#server.listen({ fd }).catch((error: unknown) => this.#settings.adoptFailed(error));
    });
    return address;
  }
}

/** The beginning of the URL of what listens at an address. */
export function originOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** The name by which its listening socket is kept: another endpoint is another socket. Any free port is another one for each. */
function listenerName({ owner, endpoint: { host = '', port } }: InetServerSettings): string {
  const name = port === 0 ? `${host}/0/${owner}` : `${host}/${port}`;
  return `http=${name.replace(/[^\w./-]/g, '_')}`;
}
