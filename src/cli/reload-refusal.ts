import { ControlError } from '../api/agent.js';

/** A configuration may have any number of mistakes; who has asked for it to be loaded is told so much of them, in characters. */
const MAX_LENGTH = 32 * 1024;

/** What is answered when a configuration could not be loaded: the words of the log, in whole lines. */
export function reloadRefusal(error: unknown): ControlError {
  return new ControlError(422, cutLines((error as Error).message, MAX_LENGTH), { cause: error });
}

/** The lines that fit, and how many others there are. */
export function cutLines(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const end = text.lastIndexOf('\n', maxLength);
  if (end < 0) return `${text.slice(0, maxLength)}…`;
  const rest = text.slice(end + 1).split('\n').length;
  return `${text.slice(0, end)}\nand ${rest} more, which the log has`;
}
