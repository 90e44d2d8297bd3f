import { EventTable, type TableSettings } from './event-table.js';
import { linesOf } from './lines.js';
import { parseStreamLine } from './stream-line.js';

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
  for await (const lines of linesOf(chunks)) {
    const shown = lines.map(parseStreamLine).filter((line) => line !== undefined);
    if (shown.length > 0) yield shown.map((line) => `${table.format(line)}\n`).join('');
  }
}
