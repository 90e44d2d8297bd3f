import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { firstLine } from '../../values/printable.js';
import { brokenOff, connectionFailure, TailError } from './failure.js';

/** As much of an answer that is no stream is read, in characters. */
const MAX_ANSWER_LENGTH = 64 * 1024;

/** As much of it is shown, in characters. */
const MAX_REASON_LENGTH = 500;

/**
 * The events that the agent at `path` sends, as text in pieces of any length. Ends with the stream.
 *
 * @throws TailError when there is no stream, or it is broken off.
 */
export async function* openEvents(
  path: string,
  query: URLSearchParams,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const response = await ask(path, `/v1/events?${query}`, signal);
  response.setEncoding('utf8');
  if (response.statusCode !== 200) throw await refused(path, response);
  try {
    yield* response;
  } catch (error) {
    throw brokenOff(path, error as NodeJS.ErrnoException);
  }
}

async function ask(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const sent = request({ socketPath, path, signal, agent: false });
  // What comes of the connection later is the response's to tell.
  sent.on('error', () => {});
  sent.end();
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    throw connectionFailure(socketPath, error as NodeJS.ErrnoException);
  }
}

async function refused(path: string, response: IncomingMessage): Promise<TailError> {
  let body = '';
  for await (const text of response) {
    body += text;
    if (body.length > MAX_ANSWER_LENGTH) break;
  }
  const reason = firstLine(
    errorIn(body) ?? `it answers with HTTP status ${response.statusCode}`,
    MAX_REASON_LENGTH,
  );
  return new TailError(`the agent at ${path} refuses: ${reason}`);
}

/** The agent says why as JSON. undefined when it is not the agent that has answered. */
function errorIn(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}
