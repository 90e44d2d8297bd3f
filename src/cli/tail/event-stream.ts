import type { IncomingMessage } from 'node:http';
import { ask, refused } from '../control/ask.js';
import { brokenOff } from '../control/failure.js';

/**
 * The events that the agent at `path` sends from now on, as text in pieces of any length, which throw a CommandError when the stream is
 * broken off.
 *
 * @throws CommandError when there is no stream
 */
export async function openEvents(
  path: string,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<AsyncGenerator<string, void>> {
  const response = await ask(path, { method: 'GET', path: `/v1/events?${query}`, signal });
  if (response.statusCode !== 200) throw await refused(path, response);
  return piecesOf(path, response);
}

async function* piecesOf(path: string, response: IncomingMessage): AsyncGenerator<string, void> {
  try {
    yield* response;
  } catch (error) {
    throw brokenOff(path, error as NodeJS.ErrnoException);
  }
}
