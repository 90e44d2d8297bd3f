import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { ControlError } from '../../api/agent.js';
import { readJson } from '../../http/request-body.js';
import { RequestError } from '../../http/request-error.js';
import { replyError } from './reply.js';
import { describe, findRoute, type Route } from './router.js';

export interface AnswersSettings {
  readonly routes: readonly Route[];
  /** How long a client may read nothing of an answer that has an end, before it makes room for others, in ms. */
  readonly stallMs: number;
  readonly logger: Logger;
  /** Leaves a connection open until its answer is sent. */
  readonly spare?: (response: ServerResponse) => void;
}

/** Answers requests of clients that a server has let in, by its routes. */
export class Answers {
  readonly #settings: AnswersSettings;
  readonly #exchanges = new Set<AbortController>();

  constructor(settings: AnswersSettings) {
    this.#settings = settings;
  }

  /** Ends every answer that is being sent. */
  abort(): void {
    for (const exchange of this.#exchanges) exchange.abort();
  }

  /** `answered` is called for each request that makes sense, whether it was refused or not. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    answered: () => void = () => {},
  ): Promise<void> {
    const { routes, stallMs, spare } = this.#settings;
    const routed = findRoute(routes, request.method, request.url);
    // An unread body would hide the end of the connection.
    if ('status' in routed || routed.route.body === undefined) request.resume();
    // A client may send several requests without waiting. Each costs next to nothing until its turn comes.
    if (response.socket === null) await new Promise((resolve) => response.once('socket', resolve));
    response.setTimeout(stallMs);
    if ('status' in routed) {
      if (routed.allow !== undefined) response.setHeader('allow', routed.allow);
      replyError(response, routed.status, routed.message);
      return;
    }
    const exchange = new AbortController();
    this.#exchanges.add(exchange);
    response.once('close', () => {
      this.#exchanges.delete(exchange);
      exchange.abort();
    });
    const { route, ...found } = routed;
    if (route.outlasts === true) spare?.(response);
    const { signal } = exchange;
    try {
      const body = route.body === undefined ? undefined : await readJson(request);
      await route.answer({ ...found, body, response, signal });
      answered();
    } catch (error) {
      // The rest of a refused body.
      request.resume();
      this.#refuse(error, { response, signal, what: describe(route) });
      if (!(error instanceof RequestError)) answered();
    }
  }

  #refuse(
    error: unknown,
    { response, signal, what }: { response: ServerResponse; signal: AbortSignal; what: string },
  ): void {
    // If it were ended in good order, half an answer would pass for a whole one.
    const refuse = (status: number, message: string) =>
      response.headersSent ? response.destroy() : replyError(response, status, message);
    if (error instanceof RequestError || error instanceof ControlError) refuse(error.status, error.message);
    else if (signal.aborted) refuse(503, 'the agent is stopping');
    else {
      this.#settings.logger.error({ err: error }, `${what} could not be answered`);
      refuse(500, 'the agent could not answer; its log says why');
    }
  }
}
