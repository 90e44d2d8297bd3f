import { close } from '../linux/socket.js';
import { AgentProcess } from './agent-process.js';
import { BackOff } from './back-off.js';
import { endingText } from './ending.js';

/** The agent that has just become ready has other things to do at first, in ms. */
const PREPARE_MS = 1000;

/**
 * An agent that has loaded everything and waits to be started: most of a start is loading. It does nothing meanwhile and uses
 * no processor time.
 */
export class Standby {
  readonly #command: readonly [string, ...string[]];
  readonly #say: (message: string) => void;
  readonly #backOff = new BackOff();
  #agent: AgentProcess | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(command: readonly [string, ...string[]], say: (message: string) => void) {
    this.#command = command;
    this.#say = say;
  }

  /** 0 if there is none. */
  get pid(): number {
    return this.#agent?.pid ?? 0;
  }

  /** Has one ready in a while. */
  prepare(): void {
    if (this.#agent === undefined) this.#startIn(PREPARE_MS);
  }

  /** Gives the one there is away, also if it is still loading. */
  take(): AgentProcess | undefined {
    const agent = this.#agent;
    this.#agent = undefined;
    this.#clear();
    return agent;
  }

  read(): void {
    this.#agent?.read();
  }

  end(): void {
    this.take()?.signal('SIGKILL');
  }

  #startIn(delayMs: number): void {
    this.#clear();
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    const name = this.#command[0];
    let agent: AgentProcess;
    try {
      agent = new AgentProcess(this.#command);
    } catch (error) {
      this.#startLater(`${name} cannot be started: ${(error as Error).message}`);
      return;
    }
    this.#agent = agent;
    agent.listen({
      // Until it is started it has nothing to keep.
      message: (_fields, fds) => {
        for (const fd of fds) close(fd);
      },
      ended: (end) => {
        if (this.#agent !== agent) return;
        this.#agent = undefined;
        this.#startLater(endingText(name, agent.pid, end));
      },
    });
  }

  #startLater(reason: string): void {
    this.#say(`the standby: ${reason}`);
    this.#startIn(Math.max(this.#backOff.ended(), PREPARE_MS));
  }
}
