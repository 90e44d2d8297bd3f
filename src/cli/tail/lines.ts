import { CommandError } from '../control/failure.js';

/** The longest line, in UTF-16 units. An event of the agent is far shorter. */
const MAX_LINE_LENGTH = 4 * 1024 * 1024;

/**
 * The whole lines of a stream, without their ends. Lines that came together stay together.
 *
 * @throws CommandError when a line has no end.
 */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string[], void> {
  let rest = '';
  for await (const text of chunks) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw new CommandError('the agent sends a line that does not end');
    yield lines;
  }
}
