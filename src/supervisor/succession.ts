import { UPGRADE_FAILED_FIELD } from '../store/message.js';
import { AgentProcess, type ProcessEnd } from './agent-process.js';
import { endingText } from './ending.js';

/** How long the next agent may take to take over, in ms: less than the current one waits for it. */
const START_MS = 50_000;

export interface SuccessionSettings {
  readonly command: readonly [string, ...string[]];
  /** How long the next agent may take to take over, in ms. */
  readonly startMs?: number;
  say(message: string): void;
  /** Has an agent start with what is held. */
  start(agent: AgentProcess): void;
  /** An agent is the current one from now on; undefined: there is none. */
  succeed(agent: AgentProcess | undefined): void;
  /** One of those that the current one has taken over from has ended. */
  ended(): void;
}

/**
 * How one agent follows another while both live. The next one starts with the same listening sockets, and is the current one
 * as soon as it is ready or the former accepts no more; that ends with its last connection.
 */
export class Succession {
  readonly #settings: SuccessionSettings;
  /** It is starting beside the current one. */
  #next: AgentProcess | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #isLate = false;
  /** Those whose place others have taken. */
  readonly #former = new Set<AgentProcess>();

  constructor(settings: SuccessionSettings) {
    this.#settings = settings;
  }

  /** Starts the next agent, of the program as it is installed by now. The current one hears if it cannot start. */
  begin(current: AgentProcess): void {
    const { command, startMs = START_MS, say, start } = this.#settings;
    if (this.#next !== undefined) {
      say(`an upgrade is going on: pid ${this.#next.pid} is starting`);
      return;
    }
    let next: AgentProcess;
    try {
      next = new AgentProcess(command);
    } catch (error) {
      this.#fail(current, (error as Error).message);
      return;
    }
    this.#next = next;
    this.#isLate = false;
    this.#deadline = setTimeout(() => {
      this.#isLate = true;
      next.signal('SIGKILL');
    }, startMs);
    start(next);
  }

  /** Whether an agent is starting beside the current one. */
  get isStarting(): boolean {
    return this.#next !== undefined;
  }

  isNext(agent: AgentProcess): boolean {
    return agent === this.#next;
  }

  /** Ends the agent that is starting, if there is one. It has changed nothing yet. */
  endNext(): void {
    this.#next?.signal('SIGKILL');
  }

  /** Whether a process is one of these agents. */
  has(pid: number): boolean {
    return this.#next?.pid === pid || [...this.#former].some((agent) => agent.pid === pid);
  }

  get isEmpty(): boolean {
    return this.#next === undefined && this.#former.size === 0;
  }

  /** An agent is ready. The current one is so after each reload, which changes nothing. */
  becameReady(agent: AgentProcess, current: AgentProcess | undefined): void {
    if (agent === this.#next) this.#succeed(current);
  }

  /** An agent accepts no more. */
  retired(agent: AgentProcess, current: AgentProcess | undefined): void {
    if (agent === current && this.#next !== undefined) this.#succeed(current);
  }

  /** Whether it was one of these agents that has ended, or the next one takes the place of the current. */
  handleEnd(agent: AgentProcess, end: ProcessEnd, current: AgentProcess | undefined): boolean {
    const text = endingText(this.#settings.command[0], agent.pid, end);
    if (this.#former.delete(agent)) {
      this.#settings.say(`${text} after its last connection`);
      this.#settings.ended();
      return true;
    }
    if (agent === this.#next) {
      this.#clearNext();
      this.#fail(current, this.#isLate ? `${text}: it had not taken over in time` : text);
      this.#settings.ended();
      return true;
    }
    if (agent !== current || this.#next === undefined) return false;
    this.#settings.say(`${text}; another one is starting already`);
    this.#succeed(undefined);
    return true;
  }

  signal(signal: NodeJS.Signals): void {
    this.#next?.signal(signal);
    for (const agent of this.#former) agent.signal(signal);
  }

  /** Reads what they have sent. */
  read(): void {
    this.#next?.read();
    for (const agent of this.#former) agent.read();
  }

  #succeed(former: AgentProcess | undefined): void {
    if (former !== undefined) this.#former.add(former);
    const next = this.#next;
    this.#clearNext();
    this.#settings.succeed(next);
  }

  #clearNext(): void {
    clearTimeout(this.#deadline);
    this.#next = undefined;
  }

  #fail(current: AgentProcess | undefined, error: string): void {
    this.#settings.say(`the upgrade has failed: ${error}`);
    current?.tell(`${UPGRADE_FAILED_FIELD}=${error}`);
  }
}
