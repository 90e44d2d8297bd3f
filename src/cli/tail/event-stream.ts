import { ask, refused } from '../control/ask.js';
import { brokenOff } from '../control/failure.js';

/**
 * The events that the agent at `path` sends, as text in pieces of any length. Ends with the stream.
 *
 * @throws CommandError when there is no stream, or it is broken off.
 */
export async function* openEvents(
  path: string,
  query: URLSearchParams,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const response = await ask(path, { method: 'GET', path: `/v1/events?${query}`, signal });
  if (response.statusCode !== 200) throw await refused(path, response);
  try {
    yield* response;
  } catch (error) {
    throw brokenOff(path, error as NodeJS.ErrnoException);
  }
}
