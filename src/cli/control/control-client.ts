import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type * as z from 'zod';
import { ask, type Question, refused } from './ask.js';
import { brokenOff, CommandError, connectionFailure, RefusedError } from './failure.js';

/** How long an agent may take for a whole answer, in ms. */
const ANSWER_MS = 15_000;

/** The longest answer, in characters: tens of thousands of containers. */
const MAX_ANSWER_LENGTH = 128 * 1024 * 1024;

/** Asks a running agent, one request at a time. All answers are checked. */
export class ControlClient {
  readonly path: string;
  readonly #signal: AbortSignal;
  readonly #answerMs: number;
  readonly #look: (connection: Socket) => void;

  /**
   * @param signal ends a request
   * @param answerMs how long the agent may take for a whole answer
   * @param look is given each connection on which an answer begins
   */
  constructor(
    path: string,
    signal: AbortSignal,
    answerMs = ANSWER_MS,
    look: (connection: Socket) => void = () => {},
  ) {
    this.path = path;
    this.#signal = signal;
    this.#answerMs = answerMs;
    this.#look = look;
  }

  /** @throws CommandError */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#parse(schema, await this.#exchange({ method: 'GET', path }));
  }

  /** undefined when the agent answers that there is none. @throws CommandError */
  async find<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return await this.get(path, schema);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** @throws CommandError */
  async put<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#parse(schema, await this.#exchange({ method: 'PUT', path, body }));
  }

  /** @throws CommandError */
  async post<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#parse(schema, await this.#exchange({ method: 'POST', path }));
  }

  /** @throws CommandError */
  async delete(path: string): Promise<void> {
    await this.#exchange({ method: 'DELETE', path });
  }

  async #exchange(question: Omit<Question, 'signal'>): Promise<string> {
    const deadline = AbortSignal.timeout(this.#answerMs);
    const signal = AbortSignal.any([this.#signal, deadline]);
    try {
      const response = await ask(this.path, { ...question, signal });
      const { statusCode = 0, socket } = response;
      this.#look(socket);
      if (statusCode < 200 || statusCode > 299) throw await refused(this.path, response);
      return await this.#read(response);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw deadline.aborted ? connectionFailure(this.path, deadline.reason) : error;
    }
  }

  async #read(response: IncomingMessage): Promise<string> {
    let text = '';
    try {
      for await (const part of response) {
        text += part;
        if (text.length > MAX_ANSWER_LENGTH) throw this.#misunderstood();
      }
    } catch (error) {
      throw error instanceof CommandError ? error : brokenOff(this.path, error as NodeJS.ErrnoException);
    }
    return text;
  }

  #parse<T>(schema: z.ZodType<T>, text: string): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw this.#misunderstood();
    }
  }

  #misunderstood(): CommandError {
    return new CommandError(
      `the agent at ${this.path} answers in a way that this udscope does not understand; are they of the same version?`,
    );
  }
}
