import { OTHER } from '../conventions.js';
import {
  DISCARD,
  type Effect,
  EXEC,
  MONITOR,
  MULTI,
  PLAIN,
  PSYNC,
  RESET,
  SELECT,
  SUBSCRIBE,
} from './expected-replies.js';
import { SUBSCRIPTIONS } from './reply-reader.js';

const effects: ReadonlyMap<string, Effect> = new Map([
  ...Object.entries({ SELECT, MULTI, EXEC, DISCARD, RESET, MONITOR, PSYNC }),
  ...SUBSCRIPTIONS.map((name) => [name, SUBSCRIBE] as const),
]);

export function effectOf(method: string): Effect {
  return effects.get(method) ?? PLAIN;
}

/** Commands that have passwords among their arguments or in their replies. One that is not known may be any of these, renamed. */
const SECRET: ReadonlySet<string> = new Set([
  OTHER,
  'AUTH',
  'HELLO',
  'MIGRATE',
  'CONFIG',
  'CONFIG GET',
  'CONFIG SET',
  'FT.CONFIG',
  // Their arguments are another command.
  'COMMAND GETKEYS',
  'COMMAND GETKEYSANDFLAGS',
  'SENTINEL',
  'SENTINEL SET',
  'SENTINEL CONFIG',
  'MODULE',
  'MODULE LOAD',
  'MODULE LOADEX',
]);

/** Whether nothing of a command is shown but its name, whatever the user wants to see. */
export function isSecret(method: string): boolean {
  return SECRET.has(method) || method.startsWith('ACL');
}
