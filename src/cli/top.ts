import { controlSocket } from './control/control-socket.js';
import { runCommand } from './control/run-command.js';
import { live } from './top/live.js';
import { printJson, printTable } from './top/once.js';
import { firstView, type TopOptions } from './top/options.js';
import { MAX_LINES } from './top/words.js';

/** Shows who calls what on the sockets of a running agent, how often, how fast, and how it goes. */
export async function top(options: TopOptions): Promise<void> {
  await runCommand(async (signal) => {
    const { interval: intervalMs, sort: order, limit = MAX_LINES, once = false, json = false } = options;
    const view = firstView(options);
    const settings = {
      control: controlSocket(options),
      choice: options,
      view,
      order,
      limit,
      intervalMs,
      signal,
    };
    if (json) await printJson(settings, { isOnce: once });
    else if (once || !isScreen()) await printTable(settings);
    else await live(settings);
  });
}

/** Whether there is a terminal that can be written to anywhere. */
function isScreen(): boolean {
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}
