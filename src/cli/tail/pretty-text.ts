import { CommandError } from '../control/failure.js';
import { EventTable, type TableSettings } from './event-table.js';
import { parseStreamLine } from './stream-line.js';

/** The longest line, in UTF-16 units. An event of the agent is far shorter. */
const MAX_LINE_LENGTH = 4 * 1024 * 1024;

/**
 * A stream of JSON lines as lines for people to read. Lines that came together stay together.
 *
 * @throws CommandError when a line has no end.
 */
export async function* prettyText(
  chunks: AsyncIterable<string>,
  settings: TableSettings,
): AsyncGenerator<string, void> {
  const table = new EventTable(settings);
  let rest = '';
  for await (const text of chunks) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw new CommandError('the agent sends a line that does not end');
    const shown = lines.map(parseStreamLine).filter((line) => line !== undefined);
    if (shown.length > 0) yield shown.map((line) => `${table.format(line)}\n`).join('');
  }
}
