import { join } from 'node:path';
import { Cleanup } from '../../support/cleanup.js';
import type { LineService } from '../../support/line-service.js';
import { requireTool } from '../support/requirements.js';
import { ContainerAgent } from './agent.js';
import { bind, CLIENT, type ContainerUser, type Mount, makeBundle } from './bundle.js';
import { buildClient, CLIENT_BUILD_TIMEOUT_MS, type ClientOptions, clientArguments } from './client.js';
import { listenEcho } from './echo-service.js';
import { Container, type ContainerOptions, type RuntimeName, type Wrapper } from './runtimes.js';

/** What a container is, whose only process is the client. */
export interface ClientContainer extends Omit<ContainerOptions, 'bundle'> {
  readonly client: ClientOptions;
  readonly mounts: readonly Mount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly user?: ContainerUser;
  /** Path of its cgroup. */
  readonly cgroup?: string;
}

/** A service of the host, a shared relay socket in front of it, and containers. */
export class ContainersFixture {
  readonly cleanup = new Cleanup();
  readonly agent = new ContainerAgent(this.cleanup);
  /** Of the host, with `relay.sock` in it. */
  readonly shared = this.cleanup.directory();
  /** The relay socket that everybody may use. */
  readonly relay = join(this.shared, 'relay.sock');
  /** The service's own socket, alone in its directory. */
  readonly upstream = join(this.cleanup.directory(), 'echo.sock');

  /** The service, heard directly. */
  serve(): Promise<LineService> {
    return listenEcho(this.cleanup, this.upstream);
  }

  /** A socket of the configuration that is no one's in particular. */
  socket(upstream = this.upstream): object {
    return { name: 'echo', listen: this.relay, upstream, protocol: 'jsonrpc' };
  }

  /** Has a container made through the wrapper, with flags of the runtime itself. */
  wrapper(fail: Wrapper['fail'], globalFlags: readonly string[] = []): Wrapper {
    return { control: this.agent.control, fail, globalFlags };
  }

  bundle({ client, mounts, annotations, user, cgroup }: Omit<ClientContainer, 'runtime'>): Promise<string> {
    return makeBundle(this.cleanup, {
      args: [CLIENT, ...clientArguments(client)],
      mounts,
      cgroup,
      ...(annotations === undefined ? {} : { annotations }),
      ...(user === undefined ? {} : { user }),
    });
  }

  /** Runs a client in a container of its own. */
  async run(options: ClientContainer): Promise<Container> {
    return Container.run(this.cleanup, { ...options, bundle: await this.bundle(options) });
  }

  /** Creates and starts a client in a container of its own, as a shim does. */
  async create(options: ClientContainer): Promise<Container> {
    const container = await Container.create(this.cleanup, {
      ...options,
      bundle: await this.bundle(options),
    });
    await container.start();
    return container;
  }

  /** Two ways to have the shared relay socket in a container, at the same path. */
  mountsOf(kind: 'directory' | 'file'): { socket: string; mounts: Mount[] } {
    return kind === 'directory'
      ? { socket: '/host/relay.sock', mounts: [bind(this.shared, '/host')] }
      : { socket: '/relay.sock', mounts: [bind(this.relay, '/relay.sock')] };
  }
}

/** Has a fixture made for each test of the suite it is called in, and everything ended after it. */
export function useContainers(...runtimes: readonly RuntimeName[]): () => ContainersFixture {
  for (const runtime of runtimes) requireTool(runtime, `apt-get install ${runtime}`);
  requireTool('go', 'https://go.dev/dl');
  requireTool('busybox', 'apt-get install busybox-static');
  let fixture: ContainersFixture;
  before(async function () {
    this.timeout(CLIENT_BUILD_TIMEOUT_MS);
    await buildClient();
  });
  beforeEach(() => {
    fixture = new ContainersFixture();
  });
  afterEach(() => fixture.cleanup.run());
  return () => fixture;
}
