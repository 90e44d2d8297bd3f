/**
 * Real processes for the system tests: start one, read what it says, wait with a deadline, stop it.
 * Every failure carries the tail of the process's output, because that is where the reason is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The newest part of the output that is kept, in UTF-16 units. */
const OUTPUT_KEPT = 256 * 1024;
/** What of it goes into an error message. */
const TAIL_IN_ERRORS = 4096;
/** How long after its end a process's pipes may stay open, held by a child it left behind. */
const DRAIN_TIMEOUT_MS = 1000;

const DEFAULT_TIMEOUT_MS = 20_000;

/** Servers with well-known ports sit below. */
const FIRST_PORT = 10_000;

export interface ProcessOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** How error messages call it; the command by default. */
  readonly name?: string;
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** The wait ends early, with its output, when this process ends. */
  readonly process?: RealProcess;
}

/** Processes still running, so that none outlives the test run, however the run ends. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class RealProcess {
  readonly name: string;
  readonly pid: number;
  /** Settles once, after the last output was read. */
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  #output = '';
  #outputEnd = 0;
  readonly #child: ChildProcess;

  /** @param child one that has been spawned: it has a pid */
  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.pid = child.pid!;
    this.#child = child;
    running.add(child);
    child.once('exit', (code, signal) => {
      running.delete(child);
      this.#exit = { code, signal };
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_KEPT);
        this.#outputEnd += text.length;
      });
    }
    this.exited = this.#end();
  }

  /** Standard output and standard error as they came, the newest 256 KiB. */
  get output(): string {
    return this.#output;
  }

  /** How much it has said, in UTF-16 units: a place in its output. */
  get outputEnd(): number {
    return this.#outputEnd;
  }

  /** What it has said since it had said so much, as far as that is kept. */
  outputFrom(place: number): string {
    return place < this.#outputEnd ? this.#output.slice(place - this.#outputEnd) : '';
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until the output contains `pattern`; fails early when the process ends without having said it. */
  async waitForOutput(pattern: string | RegExp, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    const said = () =>
      typeof pattern === 'string' ? this.#output.includes(pattern) : this.#output.search(pattern) >= 0;
    await waitFor(`${this.name} to say ${pattern}`, said, { timeoutMs, process: this });
  }

  /**
   * Asks it to end with SIGTERM and waits. Legal after its end.
   * @throws when it is still there after `timeoutMs`: it is then killed, since a test must leave nothing behind
   */
  async stop(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Exit> {
    this.signal('SIGTERM');
    try {
      await waitFor(`${this.name} to end after SIGTERM`, () => this.#exit, { timeoutMs });
    } catch (error) {
      await this.kill();
      throw new Error(`${(error as Error).message}\n${this.describe()}`);
    }
    return this.exited;
  }

  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** Its state and the tail of its output, for error messages. */
  describe(): string {
    const state =
      this.#exit === undefined
        ? `${this.name} (pid ${this.pid}) is running`
        : `${this.name} (pid ${this.pid}) ended with ${this.#exit.signal ?? `code ${this.#exit.code}`}`;
    const tail = this.#output.slice(-TAIL_IN_ERRORS).trimEnd();
    return `${state}; its output ${tail === '' ? 'is empty' : `ends with:\n${tail}`}`;
  }

  async #end(): Promise<Exit> {
    const closed = once(this.#child, 'close');
    await once(this.#child, 'exit');
    // 'close' comes after the last byte of output, but never while a daemonised child holds the pipes.
    await Promise.race([closed, sleep(DRAIN_TIMEOUT_MS, undefined, { ref: false })]);
    return this.#exit!;
  }
}

/** @throws when the command cannot be started, for instance because it does not exist */
export async function startProcess(options: ProcessOptions): Promise<RealProcess> {
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  return new RealProcess(options.name ?? options.command, child);
}

/**
 * Polls `probe` until it gives something other than false or undefined, and returns that. An error thrown by
 * the probe counts as "not yet" and is the cause of the error at the deadline.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, intervalMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    // Looked at before the probe: what the process said last is then still seen.
    const ended = options.process?.exit !== undefined;
    if (ended) await options.process?.exited;
    try {
      const result = await probe();
      if (result !== false && result !== undefined) return result as Exclude<T, false | undefined>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (ended || performance.now() >= deadline) break;
    await sleep(intervalMs);
  }
  const lines = [`waited up to ${timeoutMs} ms for ${what}, in vain`];
  if (cause !== undefined) lines.push(`the last try: ${cause}`);
  if (options.process !== undefined) lines.push(options.process.describe());
  throw new Error(lines.join('\n'), { cause });
}

/**
 * A TCP port of 127.0.0.1 that nobody listens on, if possible below the range the kernel hands to outgoing
 * connections: a client that retries a stopped server on a port of that range may be given this very port as
 * its own, and then keeps the server from coming back or even connects to itself.
 */
export async function freePort(): Promise<number> {
  const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const ephemeralFirst = Number.parseInt(range, 10);
  const last = ephemeralFirst > FIRST_PORT + 1000 ? ephemeralFirst - 1 : 65_535;
  for (let tries = 0; tries < 50; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (last - FIRST_PORT + 1));
    if (await canListen(port)) return port;
  }
  throw new Error(`found no free port from ${FIRST_PORT} to ${last}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** That of the tests, without what would configure an agent. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_')));
}
