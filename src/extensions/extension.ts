import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { AgentControl } from '../api/agent.js';
import type { KeptListeners } from '../http/kept-listener.js';
import type { EventSource } from '../processors/enrich/events.js';

/** What an extension is given beside its configuration. */
export interface ExtensionContext {
  /** The component's id in the configuration, `type` or `type/name`. */
  readonly id: string;
  readonly logger: Logger;
  /** The events of this agent, looked up whenever somebody asks; undefined while nothing captures any. */
  readonly events: EventSource | undefined;
  /** The agent that the extension belongs to, to be looked at and changed. */
  readonly agent: AgentControl;
  /** Counts containers that the runtime wrapper reports: a column for each of UNMONITORED_REASONS. */
  readonly unmonitored: Float64Array;
  /** The process whose threads connect to sockets on behalf of their clients; left out where none does. */
  readonly relayPid?: number;
  /** Listening sockets that outlive the process. Left out: none does. */
  readonly kept?: KeptListeners;
}

/** What of the agent's API only looks, for whoever a server has let in. */
export interface ReadOnlyApi {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ends every answer that is being sent. */
  abort(): void;
}

/** Something an agent offers beside its pipelines. */
export interface Extension {
  /** Resolves when it can be used. @throws an Error whose message a user can act on (path in use, …). */
  start(): Promise<void>;
  /**
   * Ends what is going on and stops. Takes until `deadlineMs` (as of `deadlineNow`) at most.
   * Idempotent, and legal before start.
   */
  shutdown(deadlineMs: number): Promise<void>;
  /** As `shutdown`, where another process goes on with what this one listens on. */
  leave(deadlineMs: number): Promise<void>;
}
