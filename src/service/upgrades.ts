import { setTimeout as sleep } from 'node:timers/promises';
import { ControlError } from '../api/agent.js';
import type { Upgrade } from '../api/upgrade-schema.js';
import { UPGRADE_FAILED_FIELD, UPGRADE_FIELD } from '../store/message.js';
import type { Launch } from './launch.js';

/** How long another agent may take to take over, in ms. */
const UPGRADE_MS = 60_000;

/** How often the supervisor is listened to meanwhile, in ms. */
const LISTEN_MS = 50;

const NO_SUPERVISOR =
  'nothing here can start another agent; run it as udscope supervise -- udscope run --config FILE, or restart it';

/** Has the supervisor start another agent that takes the place of this one. */
export class Upgrades {
  readonly #launch: () => Pick<Launch, 'ask' | 'hear'> | undefined;
  readonly #connections: () => number;
  #reason: string | undefined;
  #outcome: ((outcome: Upgrade | Error) => void) | undefined;

  /** `launch`: how this agent was started, once it is. `connections`: those that are open. */
  constructor(launch: () => Pick<Launch, 'ask' | 'hear'> | undefined, connections: () => number) {
    this.#launch = launch;
    this.#connections = connections;
  }

  /** Resolves when the other agent has taken over. @throws ControlError; nothing has changed then. */
  async upgrade(): Promise<Upgrade> {
    if (this.#outcome !== undefined)
      throw new ControlError(409, 'another agent is being started already; ask again when it has taken over');
    const settled = new AbortController();
    const outcome = new Promise<Upgrade | Error>((resolve) => {
      this.#outcome = resolve;
      if (this.#launch()?.ask(`${UPGRADE_FIELD}=1`) !== true) resolve(new ControlError(409, NO_SUPERVISOR));
    });
    void this.#listen(settled.signal);
    const found = await outcome;
    settled.abort();
    this.#outcome = undefined;
    if (found instanceof Error) throw found;
    return found;
  }

  /** Another agent takes over now. */
  takenOver(successor: number): void {
    const draining = { pid: process.pid, connections: this.#connections() };
    this.#outcome?.({ pid: successor, draining });
  }

  /** Another agent says why it cannot take over. Its end is what counts: until then, no other one can be started. */
  failed(error: string): void {
    this.#reason = error.trim();
  }

  #end(error: string): void {
    const reason = this.#reason ?? error;
    this.#reason = undefined;
    this.#outcome?.(
      new ControlError(503, `the other agent cannot start, and nothing has changed: ${reason}`),
    );
  }

  async #listen(settled: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + UPGRADE_MS;
    while (!settled.aborted && performance.now() < deadlineMs) {
      await sleep(LISTEN_MS, undefined, { signal: settled }).catch(() => {});
      const failure = this.#launch()
        ?.hear()
        .find(([key]) => key === UPGRADE_FAILED_FIELD);
      if (failure !== undefined) this.#end(failure[1]);
    }
    if (!settled.aborted) this.#end('it has not taken over in time; its log may say why');
  }
}
