import { reapOrphans } from '../linux/orphans.js';
import { close } from '../linux/socket.js';
import { WaitlessOutput } from '../linux/waitless-output.js';
import type { DescriptorStore } from '../store/descriptor-store.js';
import { type Field, LEAVING_FIELD, RETIRED_FIELD, UPGRADE_FIELD } from '../store/message.js';
import type { ServiceManager } from '../store/service-manager.js';
import { AgentProcess, type ProcessEnd } from './agent-process.js';
import { BackOff } from './back-off.js';
import { endingCode, endingText } from './ending.js';
import { HeldDescriptors } from './held-descriptors.js';
import { Standby } from './standby.js';
import { Succession } from './succession.js';

/** What of an agent's messages is passed on to the supervisor's own service manager. */
const PASSED_ON = new Set(['READY', 'RELOADING', 'STOPPING', 'STATUS', 'MONOTONIC_USEC', 'ERRNO']);

/** How soon to look again for orphans behind a child whose end is still to be heard of, in ms. */
const REAP_AGAIN_MS = 10;

/** How long an agent may take to be ready before the supervisor leaves it, in ms. */
const READY_MS = 8000;

export interface SupervisorSettings {
  readonly command: readonly [string, ...string[]];
  /** Whether another agent is kept ready to take over. */
  readonly hasStandby: boolean;
  /** What has started the supervisor. */
  readonly manager: ServiceManager | undefined;
  /** What keeps descriptors for the next supervisor. */
  readonly upward: DescriptorStore;
}

/**
 * Starts an agent, holds its listening sockets, and starts another with them when it ends. It ends itself when an agent has
 * ended in good order, or has never become ready.
 */
export class Supervisor {
  readonly #settings: SupervisorSettings;
  readonly #output = new WaitlessOutput(2);
  readonly #held: HeldDescriptors;
  readonly #backOff = new BackOff();
  readonly #standby: Standby;
  readonly #succession: Succession;
  #current: AgentProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  /** Whether the agent that runs is ready, and whether any has been. */
  #isReady = false;
  #hasBeenReady = false;
  #isStopping = false;
  /** No other agent is started. */
  #isOver = false;
  /** The next supervisor goes on with what is kept above. */
  #isLeaving = false;
  /** An agent goes on without this supervisor. */
  #hasLeft = false;
  #code = 0;
  #isToReload = false;
  readonly #said = new Set<string>();
  #finish: (code: number) => void = () => {};

  constructor(settings: SupervisorSettings) {
    this.#settings = settings;
    this.#held = new HeldDescriptors(settings.upward);
    this.#standby = new Standby(settings.command, (message) => this.#say(message));
    this.#succession = new Succession({
      command: settings.command,
      say: (message) => this.#say(message),
      start: (agent) => this.#startAgent(agent),
      succeed: (agent) => this.#succeed(agent),
      ended: () => {
        if (this.#isToReload && this.#isReady) this.#reload();
        this.#finishIfDone();
      },
    });
  }

  /** Descriptors of an earlier supervisor, as its service manager has kept them. */
  inherit(name: string, fd: number): void {
    this.#held.hold(name, fd);
  }

  /** Runs until the agent ends for good. Returns the exit code. */
  async run(): Promise<number> {
    process.on('SIGIO', () => this.#read());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop(signal));
    process.on('SIGHUP', () => this.#reload());
    process.on('SIGUSR2', () => this.#upgrade());
    // The first process of a PID namespace is the parent of all that lose theirs: pid_namespaces(7).
    if (process.pid === 1) process.on('SIGCHLD', () => this.#reap());
    const finished = new Promise<number>((resolve) => {
      this.#finish = resolve;
    });
    this.#start();
    const code = await finished;
    this.#standby.end();
    if (!this.#hasLeft) this.#held.end((message) => this.#say(message));
    return code;
  }

  #start(): void {
    this.#restart = undefined;
    this.#isReady = false;
    let agent: AgentProcess;
    try {
      agent = this.#standby.take() ?? new AgentProcess(this.#settings.command);
    } catch (error) {
      this.#startLater(`cannot start ${this.#settings.command[0]}: ${(error as Error).message}`);
      return;
    }
    this.#current = agent;
    this.#startAgent(agent);
  }

  #startAgent(agent: AgentProcess): void {
    agent.listen({
      message: (fields, fds) => this.#hear(agent, fields, fds),
      ended: (end) => this.#handleEnd(agent, end),
    });
    agent.start(this.#held.all);
  }

  /** Starts another agent beside the current one, of the program as it is installed by now. */
  #upgrade(): void {
    if (this.#current === undefined || this.#isStopping) return;
    // It has loaded the program as it was.
    this.#standby.end();
    this.#succession.begin(this.#current);
  }

  /** Another agent is the current one from now on. */
  #succeed(agent: AgentProcess | undefined): void {
    this.#current = agent;
    this.#isReady = false;
  }

  #read(): void {
    this.#current?.read();
    this.#succession.read();
    this.#standby.read();
  }

  #hear(agent: AgentProcess, fields: readonly Field[], fds: readonly number[]): void {
    const value = (key: string) => fields.find(([name]) => name === key)?.[1];
    if (agent !== this.#current && !this.#succession.isNext(agent)) {
      // What it had is its successor's.
      for (const fd of fds) close(fd);
      return;
    }
    const name = value('FDNAME') ?? '';
    if (value('FDSTORE') === '1' && fds.length === 1) this.#complain(this.#held.hold(name, fds[0]));
    else {
      for (const fd of fds) close(fd);
      if (value('FDSTORE') === '1') this.#complain('a message without its descriptor');
    }
    if (value('FDSTOREREMOVE') === '1') this.#held.letGo(name);
    if (value('READY') === '1') this.#succession.becameReady(agent, this.#current);
    if (value(RETIRED_FIELD) === '1') this.#succession.retired(agent, this.#current);
    if (agent !== this.#current) return;
    if (value('READY') === '1') this.#becomeReady();
    if (value(UPGRADE_FIELD) === '1') this.#upgrade();
    this.#passOn(fields);
  }

  #passOn(fields: readonly Field[]): void {
    const text = fields.filter(([key]) => PASSED_ON.has(key)).map((field) => field.join('='));
    if (text.length > 0) this.#settings.manager?.send(text.join('\n'), []);
  }

  #becomeReady(): void {
    this.#isReady = true;
    this.#backOff.ready();
    this.#hasBeenReady = true;
    if (this.#settings.hasStandby) this.#standby.prepare();
    if (this.#isToReload) this.#reload();
    if (this.#isLeaving) this.#finishLeaving();
  }

  /**
   * An agent that is not ready yet may not listen to the signal, which would end it; and may have read what was there before. What the
   * current one would listen on from now on, the one that is starting does not inherit.
   */
  #reload(): void {
    this.#isToReload = !this.#isReady || this.#succession.isStarting;
    if (!this.#isToReload) this.#current?.signal('SIGHUP');
  }

  #stop(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    this.#standby.end();
    clearTimeout(this.#restart);
    if (signal === 'SIGTERM' && this.#settings.upward.isKept) {
      this.#leave();
      return;
    }
    this.#current?.signal(signal);
    this.#succession.signal(signal);
    this.#finishIfDone();
  }

  /**
   * A restart, or a stop: the agent waits a moment for that of the next supervisor, which starts with what is kept above. It is
   * found by what it keeps when it is ready, so that is waited for.
   */
  #leave(): void {
    this.#isLeaving = true;
    this.#read();
    this.#succession.endNext();
    const agent = this.#current;
    if (agent !== undefined && !this.#isReady) setTimeout(() => agent.signal('SIGKILL'), READY_MS);
    else this.#finishLeaving();
  }

  #finishLeaving(): void {
    this.#current?.tell(`${LEAVING_FIELD}=1`);
    this.#hasLeft = this.#current !== undefined;
    this.#finish(0);
  }

  /** With the last agent, when it is time to end. */
  #finishIfDone(): void {
    if (this.#isLeaving && this.#current === undefined) this.#finishLeaving();
    const isOver = this.#isStopping || this.#isOver;
    if (isOver && this.#current === undefined && this.#succession.isEmpty) this.#finish(this.#code);
  }

  #handleEnd(agent: AgentProcess, end: ProcessEnd): void {
    if (this.#succession.handleEnd(agent, end, this.#current) || agent !== this.#current) {
      if (this.#isReady && this.#settings.hasStandby && !this.#isStopping) this.#standby.prepare();
      return;
    }
    this.#current = undefined;
    this.#isReady = false;
    const code = endingCode(end);
    const text = endingText(this.#settings.command[0], agent.pid, end);
    const isFailed = !this.#hasBeenReady && end.signal === null;
    if (this.#isStopping || code === 0 || isFailed) {
      if (!this.#isStopping) this.#say(code === 0 ? text : `${text} before it was ever ready`);
      this.#code = code;
      this.#isOver = true;
      this.#finishIfDone();
      return;
    }
    this.#startLater(text);
  }

  #startLater(reason: string): void {
    const delayMs = this.#backOff.ended();
    // Until then nobody would accept their clients.
    if (delayMs > 0) this.#held.lendToServers((message) => this.#say(message));
    this.#say(`${reason}; starting it again${delayMs === 0 ? '' : ` in ${delayMs} ms`}`);
    this.#settings.manager?.send(`STATUS=${reason}; starting it again`, []);
    this.#restart = setTimeout(() => this.#start(), delayMs);
  }

  #reap(): void {
    const isOwn = (pid: number) =>
      pid === this.#current?.pid || pid === this.#standby.pid || this.#succession.has(pid);
    if (reapOrphans(isOwn)) setTimeout(() => this.#reap(), REAP_AGAIN_MS);
  }

  /** Says once of each kind what an agent has done wrong. */
  #complain(what: string | undefined): void {
    if (what === undefined || this.#said.has(what)) return;
    this.#said.add(what);
    this.#say(`${what} was not taken from the agent`);
  }

  /** Never waits: whoever reads this may have stopped. */
  #say(message: string): void {
    this.#output.write(Buffer.from(`udscope supervise: ${message}\n`));
  }
}
