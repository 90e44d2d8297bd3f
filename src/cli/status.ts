import { agentStatusSchema } from '../api/status-schema.js';
import { printableJson } from '../values/printable.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { runCommand } from './control/run-command.js';
import { describeStatus } from './status/describe.js';
import { terminalWidth } from './terminal/width.js';

export interface StatusOptions extends ControlOptions {
  json?: boolean;
}

/** Shows the status of a running agent. */
export async function status(options: StatusOptions): Promise<void> {
  await runCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal);
    const answer = await client.get('/v1/status', agentStatusSchema);
    process.stdout.write(
      options.json === true ? `${printableJson(answer)}\n` : describeStatus(answer, terminalWidth()),
    );
  });
}
