import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cleanup } from './cleanup.js';
import { type RealProcess, waitFor } from './process.js';
import { COMMAND, EchoServer, startCommand } from './udscope.js';

const READY = /udscope is ready/g;

export interface SupervisedOptions {
  /** Of the supervisor, before `--`. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `udscope supervise -- udscope run` before an echo server, in a directory of its own. */
export class Supervised {
  readonly directory: string;
  readonly listen: string;
  readonly file: string;
  readonly upstream: EchoServer;
  readonly #cleanup: Cleanup;
  #process: RealProcess | undefined;

  private constructor(cleanup: Cleanup, directory: string, upstream: EchoServer) {
    this.#cleanup = cleanup;
    this.directory = directory;
    this.listen = join(directory, 'relay', 'echo.sock');
    this.file = join(directory, 'udscope.yaml');
    this.upstream = upstream;
  }

  static async prepare(cleanup: Cleanup): Promise<Supervised> {
    const directory = cleanup.directory();
    const upstream = await EchoServer.listen(join(directory, 'up.sock'));
    cleanup.defer(() => upstream.close());
    const supervised = new Supervised(cleanup, directory, upstream);
    supervised.configure();
    return supervised;
  }

  /** Writes the configuration: the echo socket, or others. */
  configure(sockets: readonly object[] = [this.socket()], { receiver = {}, extensions = {} } = {}): void {
    const configuration = {
      receivers: { uds: { sockets, ...receiver } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions,
      service: {
        extensions: Object.keys(extensions),
        pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } },
      },
    };
    writeFileSync(this.file, stringify(configuration));
  }

  socket(changes: object = {}): object {
    return { name: 'echo', listen: this.listen, upstream: this.upstream.path, ...changes };
  }

  async start({ options = [], env = {} }: SupervisedOptions = {}): Promise<RealProcess> {
    const args = ['supervise', ...options, '--', process.execPath, COMMAND, 'run', '--config', this.file];
    const supervisor = await startCommand({ args, env });
    this.#process = supervisor;
    this.#cleanup.defer(async () => {
      if (supervisor.exit !== undefined) return;
      const children = childrenOf(supervisor.pid);
      await supervisor.kill();
      for (const pid of children) endProcess(pid);
    });
    return supervisor;
  }

  /** As `start`, and waits until the agent is ready. Returns its pid. */
  async startReady(options?: SupervisedOptions): Promise<number> {
    await this.start(options);
    return this.readyAgent(1);
  }

  get process(): RealProcess {
    if (this.#process === undefined) throw new Error('it was not started');
    return this.#process;
  }

  /** How many agents have become ready. */
  get timesReady(): number {
    return this.process.output.match(READY)?.length ?? 0;
  }

  /** Waits until so many agents have become ready. Returns the pid of the last. */
  async readyAgent(times: number): Promise<number> {
    const { process } = this;
    await waitFor(`agent ${times} to be ready`, () => this.timesReady >= times, { process });
    return this.agent;
  }

  /** The pid of the agent that runs: the eldest child, since a standby is started later. */
  get agent(): number {
    return Math.min(...childrenOf(this.process.pid));
  }

  /** Waits until a standby is loaded and waits: it uses no processor time. Returns its pid. */
  standby(): Promise<number> {
    const standby = () => childrenOf(this.process.pid).find((pid) => pid !== this.agent);
    return waitFor('a standby that waits', () => {
      const pid = standby();
      // It waits in poll(2) with nothing else to do.
      return pid !== undefined && isWaiting(pid) ? pid : undefined;
    });
  }
}

export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function isWaiting(pid: number): boolean {
  // An event loop waits in epoll_wait(2).
  return /^(?!.*epoll|ep_poll).*poll/.test(readFileSync(`/proc/${pid}/wchan`, 'utf8'));
}
