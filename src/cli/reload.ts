import { type Reload, reloadSchema } from '../api/reload-schema.js';
import { printable, printableJson } from '../values/printable.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { CommandError, RefusedError } from './control/failure.js';
import { runLookingCommand } from './control/run-command.js';

export interface ReloadOptions extends ControlOptions {
  json?: boolean;
}

/** How long the agent may take: relay threads start, and modules of strategies are loaded. In ms. */
const ANSWER_MS = 60_000;

/** Changes that are named; the others are counted. */
const MAX_NAMED = 8;

/** What an agent answers that has refused a configuration. */
const UNPROCESSABLE = 422;

/** Has a running agent load the files of its configuration again, and says what came of it. */
export async function reload(options: ReloadOptions): Promise<void> {
  await runLookingCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal, ANSWER_MS);
    const reloaded = await client.post('/v1/reload', reloadSchema).catch((error: unknown) => {
      throw error instanceof RefusedError && error.status === UNPROCESSABLE ? notReloaded(error) : error;
    });
    for (const warning of reloaded.warnings) process.stderr.write(`warning: ${printable(warning)}\n`);
    process.stdout.write(options.json === true ? `${printableJson(reloaded)}\n` : describeReload(reloaded));
  });
}

/** Every mistake, as the log of the agent has it. */
function notReloaded({ reason }: RefusedError): CommandError {
  const lines = reason.split('\n').map(printable);
  return new CommandError(['configuration not reloaded, nothing has changed:', ...lines].join('\n'));
}

/** One line: `reloaded otel-config.yaml: exporters.prometheus.endpoint changed`. */
export function describeReload({ files, changes }: Reload): string {
  const source = files.length === 0 ? 'the arguments' : files.map(printable).join(', ');
  const named = changes.slice(0, MAX_NAMED).map(({ path, change }) => `${printable(path)} ${change}`);
  const rest = changes.length - named.length;
  const all = [...named, ...(rest === 0 ? [] : [`${rest} others`])].join(', ');
  return `reloaded ${source}: ${all === '' ? 'nothing is different' : all}\n`;
}
