import { once } from 'node:events';
import { wantsColours } from '../values/colours.js';
import { ControlClient } from './control/control-client.js';
import { controlSocket } from './control/control-socket.js';
import { noteDraining } from './control/draining.js';
import { CommandError } from './control/failure.js';
import { runCommand } from './control/run-command.js';
import { openEvents } from './tail/event-stream.js';
import type { TableSettings } from './tail/event-table.js';
import { eventsQuery, type TailOptions } from './tail/options.js';
import { prettyText } from './tail/pretty-text.js';
import { terminalWidth } from './terminal/width.js';

/** Shows the live events of a running agent until it is interrupted. */
export async function tail(options: TailOptions): Promise<void> {
  await runCommand((signal) => show(options, signal));
}

async function show(options: TailOptions, signal: AbortSignal): Promise<void> {
  const path = controlSocket(options);
  if (options.pcapng !== undefined) {
    await (await import('./tail/pcapng/write-packets.js')).writePackets(
      path,
      options.pcapng,
      options,
      signal,
    );
    return;
  }
  await noteDraining(new ControlClient(path, signal));
  const chunks = await openEvents(path, eventsQuery(options), signal);
  for await (const text of options.json === true ? chunks : prettyText(chunks, terminal())) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal });
  }
  if (options.follow) throw new CommandError(`the agent at ${path} has gone away`);
}

function terminal(): TableSettings {
  return { colour: wantsColours(process.stdout.isTTY, process.env), columns: terminalWidth };
}
