import type { Command, Option } from 'commander';
import { ARGUMENT_VALUES, OPTION_VALUES, type ValueKind } from './values.js';

/** A word that may stand at the cursor. */
export interface Candidate {
  readonly word: string;
  readonly says: string;
}

/** What may stand at the cursor. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What else may, which others know; with what every word of it begins with. */
  readonly rest: { readonly kind: ValueKind; readonly prefix: string; readonly begin: string };
  /** The agent that was named before the cursor. */
  readonly control: string | undefined;
}

const NOTHING: Completion['rest'] = { kind: 'nothing', prefix: '', begin: '' };

/** The command that has been written so far, and what is left open. */
interface Reading {
  readonly command: Command;
  /** Arguments of the command so far. */
  readonly count: number;
  /** The option whose value comes next. */
  readonly waiting: Option | undefined;
  readonly control: string | undefined;
  readonly hasOptionsEnded: boolean;
}

/** What may stand in the place of the last word of `words`, which may be empty. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const inner = innerWords(words);
  const last = inner.at(-1) ?? '';
  const reading = inner.slice(0, -1).reduce(readWord, {
    command: program,
    count: 0,
    waiting: undefined,
    control: undefined,
    hasOptionsEnded: false,
  });
  const { command, waiting, control } = reading;
  const of = (kind: ValueKind, begin: string, prefix = ''): Completion => ({
    candidates: typeof kind === 'string' ? [] : startingWith(begin, kind, prefix),
    rest: typeof kind === 'string' ? { kind, begin, prefix } : NOTHING,
    control,
  });
  if (waiting !== undefined && isValueOf(waiting, last)) return of(valuesOf(waiting), last);
  if (last.startsWith('-') && !reading.hasOptionsEnded) {
    const [name = '', value] = splitAssignment(last);
    const option = value === undefined ? undefined : optionOf(command, name);
    if (option !== undefined && takesValue(option)) return of(valuesOf(option), value ?? '', `${name}=`);
    return { candidates: optionsOf(command, last), rest: NOTHING, control };
  }
  const commands = reading.count === 0 ? commandsOf(command, last) : [];
  if (commands.length > 0) return { candidates: commands, rest: NOTHING, control };
  return of(argumentOf(reading), last);
}

/** Of `supervise -- udscope …`, what follows is a command line of its own. */
function innerWords(words: readonly string[]): readonly string[] {
  if (words[0] !== 'supervise' || words[1] !== '--' || words.length < 4) return words;
  return words.slice(3);
}

function readWord(reading: Reading, word: string): Reading {
  const { command, waiting, count, control } = reading;
  if (waiting !== undefined && isValueOf(waiting, word))
    return { ...reading, waiting: undefined, control: waiting.long === '--control' ? word : control };
  if (word === '--') return { ...reading, hasOptionsEnded: true };
  if (word.startsWith('-') && word !== '-' && !reading.hasOptionsEnded) {
    const [name = '', value] = splitAssignment(word);
    const option = optionOf(command, name);
    if (option === undefined || !takesValue(option)) return { ...reading, waiting: undefined };
    if (value === undefined) return { ...reading, waiting: option };
    return { ...reading, waiting: undefined, control: option.long === '--control' ? value : control };
  }
  if (word === 'help' && count === 0 && command.commands.length > 0) return reading;
  const inner = count === 0 ? command.commands.find((each) => each.name() === word) : undefined;
  return inner === undefined ? { ...reading, count: count + 1 } : { ...reading, command: inner };
}

function splitAssignment(word: string): [string, string?] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** An option whose value may be left out does not take what looks like an option for it. */
function isValueOf({ optional }: Option, word: string): boolean {
  return !optional || word === '-' || !word.startsWith('-');
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => name === long || name === short);
}

/** An option with the same name may take an id, a whole one, or whatever names a container. */
function valuesOf({ argChoices, long, flags }: Option): ValueKind {
  const kind = argChoices ?? OPTION_VALUES[long ?? ''] ?? 'nothing';
  return kind === 'container' && flags.endsWith('<id>') ? 'containerId' : kind;
}

function argumentOf({ command, count }: Reading): ValueKind {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[count] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return 'nothing';
  return argument.argChoices ?? ARGUMENT_VALUES[argument.name()] ?? 'nothing';
}

/** Names that programs of users may have given: nothing that a shell or a terminal would take for something else. */
const HARMLESS = /^[\w.@%+/][\w.@%+/-]{0,127}$/;

/** Words that can be offered as they are. */
export function startingWith(begin: string, words: readonly string[], prefix = ''): Candidate[] {
  const wanted = words.filter((word) => word.startsWith(begin) && HARMLESS.test(word));
  return [...new Set(wanted)].map((word) => ({ word: prefix + word, says: '' }));
}

function commandsOf(command: Command, begin: string): Candidate[] {
  const { commands } = command;
  const help = { word: 'help', says: 'display help for a command' };
  return [
    ...commands.map((each) => ({ word: each.name(), says: each.description() })),
    ...(commands.length > 0 ? [help] : []),
  ].filter(({ word }) => word.startsWith(begin));
}

function optionsOf(command: Command, begin: string): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ word: long ?? short ?? '', says: description }))
    .filter(({ word }) => word.startsWith(begin));
}
