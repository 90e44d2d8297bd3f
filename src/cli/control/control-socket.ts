import { parseControlSocket } from '../../extensions/control/config.js';
import { quote } from '../../values/quote.js';
import { askedControlSocket } from './default-control.js';
import { CommandError } from './failure.js';

/** Options of every command that talks to an agent. */
export interface ControlOptions {
  control?: string;
}

/** The control socket of the agent to ask. @throws CommandError */
export function controlSocket({ control }: ControlOptions): string {
  const name = control === undefined && process.env['UDSCOPE_CONTROL'] ? 'UDSCOPE_CONTROL' : '--control';
  const value = control ?? askedControlSocket();
  const parsed = parseControlSocket(value);
  if (!parsed.ok) throw new CommandError(`${name}: ${quote(value)} ${parsed.refusal}`);
  return parsed.value;
}
