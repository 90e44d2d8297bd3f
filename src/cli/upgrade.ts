import { upgradeSchema } from '../api/upgrade-schema.js';
import { printableJson } from '../values/printable.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { runCommand } from './control/run-command.js';

export interface UpgradeOptions extends ControlOptions {
  json?: boolean;
}

/** Longer than the agent waits for its successor, in ms. */
const ANSWER_MS = 90_000;

/** Has another agent, of the program as it is installed by now, take the place of the one that runs. */
export async function upgrade(options: UpgradeOptions): Promise<void> {
  await runCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal, ANSWER_MS);
    const upgraded = await client.post('/v1/upgrade', upgradeSchema);
    const { pid, draining } = upgraded;
    const { connections } = draining;
    const what = connections === 1 ? 'a connection' : `${connections} connections`;
    const rest = connections === 0 ? 'which has no connection left' : `which relays ${what} to the end`;
    process.stdout.write(
      options.json === true
        ? `${printableJson(upgraded)}\n`
        : `pid ${pid} has taken over from pid ${draining.pid}, ${rest}\n`,
    );
  });
}
