import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_CONTROL_SOCKET } from '../../layout/default-paths.js';
import { parseDuration } from '../../values/duration.js';

/** The option by which every command that talks to an agent is told which. */
export function controlOption(): Option {
  return new Option(
    '--control <path>',
    `control socket of the agent (default: $UDSCOPE_CONTROL, a user's own in $XDG_RUNTIME_DIR, or ${DEFAULT_CONTROL_SOCKET})`,
  );
}

/** Reads a duration in ms. @throws InvalidArgumentError */
export function durationArgument(value: string): number {
  const parsed = parseDuration(value === '0' ? 0 : value);
  if (!parsed.ok) throw new InvalidArgumentError(`It ${parsed.refusal}.`);
  return parsed.value;
}

/** Reads `name=value`, given any number of times. @throws InvalidArgumentError */
export function pairArgument(value: string, previous: [string, string][]): [string, string][] {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is not of the form name=value.');
  return [...previous, [value.slice(0, at), value.slice(at + 1)]];
}
