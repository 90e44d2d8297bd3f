/**
 * Real containers, made by real OCI runtimes as engines call them: `run`, or `create` and `start`, then `kill` and
 * `delete`. Each test has a state directory of its own.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Cleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';
import { type Exit, RealProcess, startProcess, waitFor } from '../../support/process.js';
import { findTool } from '../support/requirements.js';
import type { Report } from './client.js';
import { StdinPipe } from './stdin-pipe.js';

export const RUNTIMES = ['runc', 'runsc'] as const;

export type RuntimeName = (typeof RUNTIMES)[number];

/** runsc needs no KVM with ptrace, and nothing of the host's network and cgroups; sockets of the host are asked for. */
const RUNSC_FLAGS = ['--platform=ptrace', '--network=none', '--ignore-cgroups', '--fsgofer-host-uds'];

/** Has containers made through bin/udscope-runtime. */
export interface Wrapper {
  /** The agent's control socket. */
  readonly control: string;
  readonly fail: 'open' | 'closed';
  /** Flags of the runtime that engines add, as `--log`. */
  readonly globalFlags?: readonly string[];
}

export interface ContainerOptions {
  readonly runtime: RuntimeName;
  readonly bundle: string;
  /** 64 hexadecimal digits by default, as engines have it. */
  readonly id?: string;
  /** The state directory; null: the runtime's own. By default one for this container alone. */
  readonly root?: string | null;
  readonly wrapper?: Wrapper;
}

/** An id like those of engines. */
export function engineId(): string {
  return randomBytes(32).toString('hex');
}

export class Container {
  readonly id: string;
  readonly #command: readonly string[];
  readonly #bundle: string;
  readonly #stdin: StdinPipe;
  #process: RealProcess | undefined;

  private constructor(cleanup: Cleanup, options: ContainerOptions) {
    const { runtime, wrapper, root = cleanup.directory() } = options;
    this.id = options.id ?? engineId();
    this.#bundle = options.bundle;
    this.#command = [
      ...entryOf(runtime, wrapper),
      ...(root === null ? [] : [`--root=${root}`]),
      ...(runtime === 'runsc' ? RUNSC_FLAGS : []),
    ];
    this.#stdin = new StdinPipe(cleanup);
    cleanup.defer(() => this.#end());
  }

  /** Runs one; what it says, and what the runtime says, is the output of `process`. */
  static run(cleanup: Cleanup, options: ContainerOptions): Promise<Container> {
    return new Container(cleanup, options).#launch('run');
  }

  /** Creates one as a shim does. @throws Error with what the runtime said when it cannot be. */
  static async create(cleanup: Cleanup, options: ContainerOptions): Promise<Container> {
    const container = await new Container(cleanup, options).#launch('create');
    const { process } = container;
    const { code } = await waitFor(`${process.name} create to end`, () => process.exit);
    if (code !== 0) throw new Error(process.describe());
    return container;
  }

  /** The runtime's `run` or `create`, and with it the standard streams of the container. */
  get process(): RealProcess {
    if (this.#process === undefined) throw new Error('the container was not started');
    return this.#process;
  }

  /** Tells the client to do one round. */
  say(line: string): void {
    this.#stdin.write(`${line}\n`);
  }

  /** Ends the client's standard input. */
  hush(): void {
    this.#stdin.end();
  }

  /** Waits until the client has reported so many times, and gives its last report. */
  report(count = 1): Promise<Report> {
    const { process } = this;
    const probe = () => this.reports()[count - 1];
    return waitFor(`report ${count} of ${this.id}`, probe).catch((error: Error) => {
      throw new Error(`${error.message}\n${process.describe()}`);
    });
  }

  /** All that clients have reported so far. */
  reports(): Report[] {
    return reportsIn(this.process.output);
  }

  /** Has the client finish and waits for its report. */
  finish(): Promise<Report> {
    this.hush();
    return this.report();
  }

  async start(): Promise<void> {
    await this.#call('start', this.id);
  }

  async kill(signal = 'KILL'): Promise<void> {
    await this.#call('kill', this.id, signal);
  }

  /** What `state` says: created, running, stopped; undefined when there is no such container. */
  async status(): Promise<string | undefined> {
    const [exit, output] = await this.#try('state', this.id);
    return exit.code === 0 ? (JSON.parse(output) as { status: string }).status : undefined;
  }

  /** Deletes it as engines do, once it has stopped. */
  async delete(): Promise<void> {
    await waitFor(`${this.id} to stop`, async () => (await this.status()) === 'stopped');
    await this.#call('delete', this.id);
  }

  async #launch(verb: 'run' | 'create'): Promise<this> {
    const [command, ...flags] = this.#command;
    const args = [...flags, verb, '--bundle', this.#bundle, this.id];
    const child = spawn(command, args, { stdio: [this.#stdin.fd, 'pipe', 'pipe'] });
    await once(child, 'spawn');
    this.#process = new RealProcess(`${command} ${verb}`, child);
    return this;
  }

  async #try(...args: string[]): Promise<[Exit, string]> {
    const [command, ...flags] = this.#command;
    const process = await startProcess({ command, args: [...flags, ...args] });
    return [await process.exited, process.output];
  }

  async #call(...args: string[]): Promise<void> {
    const [{ code }, output] = await this.#try(...args);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`);
  }

  /** Leaves no process, mount or state of it behind, whatever became of it. */
  async #end(): Promise<void> {
    this.#stdin.end();
    await this.#try('delete', '--force', this.id);
    if (this.#process === undefined) return;
    await this.#process.stop();
  }
}

/** The command and what comes before the flags of the runtime. */
function entryOf(runtime: RuntimeName, wrapper: Wrapper | undefined): [string, ...string[]] {
  const real = findTool(runtime) ?? runtime;
  if (wrapper === undefined) return [real];
  return [
    repositoryPath('bin', 'udscope-runtime'),
    `--udscope-runtime=${real}`,
    `--udscope-node=${process.execPath}`,
    `--udscope-control=${wrapper.control}`,
    `--udscope-fail=${wrapper.fail}`,
    ...(wrapper.globalFlags ?? []),
  ];
}

function reportsIn(output: string): Report[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{"connections"'))
    .map((line) => JSON.parse(line) as Report);
}
