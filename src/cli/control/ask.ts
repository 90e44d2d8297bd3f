import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { firstLine } from '../../values/printable.js';
import { connectionFailure, RefusedError } from './failure.js';

/** The most that is read of a refusal, in characters. */
const MAX_ANSWER_LENGTH = 256 * 1024;

/** The most that is shown of it in one line, in characters. */
const MAX_REASON_LENGTH = 500;

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Sent as JSON; undefined: nothing. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/**
 * Asks the agent that listens at `socketPath`, up to the head of its answer. The signal ends the answer, too.
 *
 * @throws CommandError when there is no answer; the reason of the signal when it is aborted
 */
export async function ask(socketPath: string, question: Question): Promise<IncomingMessage> {
  const { method, path, body, signal } = question;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const sent = request({ socketPath, method, path, headers, signal, agent: false });
  // The response reports later errors of the connection.
  sent.on('error', () => {});
  sent.end(text);
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.setEncoding('utf8');
  } catch (error) {
    throw signal.aborted ? signal.reason : connectionFailure(socketPath, error as NodeJS.ErrnoException);
  }
}

/** The agent's refusal, in its own words. */
export async function refused(path: string, response: IncomingMessage): Promise<RefusedError> {
  let body = '';
  for await (const text of response) {
    body += text;
    if (body.length > MAX_ANSWER_LENGTH) break;
  }
  const { statusCode = 0 } = response;
  const reason = errorIn(body) ?? `it answers with HTTP status ${statusCode}`;
  const shown = firstLine(reason, MAX_REASON_LENGTH);
  return new RefusedError(`the agent at ${path} refuses: ${shown}`, statusCode, reason);
}

/** The reason in the JSON of a refusal; undefined when another program has answered. */
function errorIn(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}
