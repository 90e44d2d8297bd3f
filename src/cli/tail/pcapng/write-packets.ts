import { VERSION } from '../../../version.js';
import { ControlClient } from '../../control/control-client.js';
import { noteDraining } from '../../control/draining.js';
import { CommandError } from '../../control/failure.js';
import { openEvents } from '../event-stream.js';
import { linesOf } from '../lines.js';
import { streamsQuery, type TailOptions } from '../options.js';
import { sectionBlock } from './blocks.js';
import { Packets } from './packets.js';
import { openSink, type Sink } from './sink.js';
import { parseEvent } from './stream-event.js';

/**
 * Writes what connections carry from now on as packets, until the signal is aborted. Whatever comes is written at once, so that
 * Wireshark can look on.
 *
 * @param target a file that is not there, or true for standard output, or -
 * @throws CommandError
 */
export async function writePackets(
  path: string,
  target: string | true,
  choice: Pick<TailOptions, 'socket' | 'container'>,
  signal: AbortSignal,
): Promise<void> {
  await noteDraining(new ControlClient(path, signal));
  const over = new AbortController();
  const chunks = await openEvents(path, streamsQuery(choice), AbortSignal.any([signal, over.signal]));
  try {
    await write(linesOf(chunks), openSink(target === true ? '-' : target, signal));
  } finally {
    over.abort();
  }
  throw new CommandError(`the agent at ${path} has gone away`);
}

async function write(stream: AsyncIterable<string[]>, sink: Sink): Promise<void> {
  const packets = new Packets();
  try {
    await sink.write(sectionBlock(`udscope ${VERSION}`));
    process.stderr.write('writing packets until Ctrl-C\n');
    for await (const lines of stream) {
      const blocks = blocksOf(lines, packets);
      if (blocks.length > 0) await sink.write(blocks);
    }
  } finally {
    sink.close();
    process.stderr.write(`${summary(packets)}\n`);
  }
}

function blocksOf(lines: readonly string[], packets: Packets): Buffer {
  const blocks: Buffer[] = [];
  for (const line of lines) {
    const event = parseEvent(line);
    if (event?.type === 'stream') blocks.push(packets.blocksOf(event));
    // Before the filter, so that it may be of any connection.
    if (event?.type === 'missed') packets.miss();
  }
  return Buffer.concat(blocks);
}

function summary({ packets, connections, payloadBytes }: Packets): string {
  const what = `${packets} packets of ${connections} connections`;
  const isBare = packets > 0 && payloadBytes === 0;
  return isBare ? `${what}, without payload: it takes payload: raw of an enrich processor` : what;
}
