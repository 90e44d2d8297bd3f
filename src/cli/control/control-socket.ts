import { parseControlSocket } from '../../extensions/control/config.js';
import { DEFAULT_CONTROL_SOCKET } from '../../layout/default-paths.js';
import { quote } from '../../values/quote.js';
import { CommandError } from './failure.js';

/** Options of every command that talks to an agent. */
export interface ControlOptions {
  control?: string;
}

/** The control socket of the agent to ask. @throws CommandError */
export function controlSocket({ control }: ControlOptions): string {
  const fromEnvironment = process.env['UDSCOPE_CONTROL'];
  const [name, value] =
    control === undefined && fromEnvironment
      ? ['UDSCOPE_CONTROL', fromEnvironment]
      : ['--control', control ?? DEFAULT_CONTROL_SOCKET];
  const parsed = parseControlSocket(value);
  if (!parsed.ok) throw new CommandError(`${name}: ${quote(value)} ${parsed.refusal}`);
  return parsed.value;
}
