import type { Argument, Command, Option } from 'commander';
import { DEFAULT_CONTROL_SOCKET } from '../../layout/default-paths.js';
import { bold, escapeRoff, page, section, tagged } from './roff.js';

/** A file of the manual. */
export interface ManualPage {
  readonly file: string;
  readonly text: string;
}

/** Names of pages that all of them point to. */
const MAIN = 'udscope(1)';
const CONFIGURATION = 'otel-config(5)';

const EXIT_STATUS = [
  ...tagged('0', 'It has done what was asked for.'),
  ...tagged('1', 'It has not, or has found mistakes; standard error says why.'),
];

const FILES = [
  ...tagged('otel-config.yaml', 'the configuration, where no --config is given'),
  ...tagged('/etc/udscope/otel-config.yaml', 'the same, where that is not there'),
  ...tagged(DEFAULT_CONTROL_SOCKET, 'where a running agent of root is asked'),
];

const ENVIRONMENT = [
  ...tagged('UDSCOPE_CONTROL', 'the control socket of the agent to ask, where no --control is given'),
  ...tagged('XDG_RUNTIME_DIR', 'where the control socket of a user that is not root lies'),
  ...tagged('NO_COLOR', 'without colours'),
  ...tagged('OTEL_*', 'The standard variables of OpenTelemetry fill in what the configuration leaves out.'),
];

/** The pages of all commands. */
export function commandPages(program: Command, version: string): ManualPage[] {
  return leaves(program).map((command) => commandPage(command, program, version));
}

/** The program and its commands; of one that has commands of its own, only these. */
function leaves(program: Command): Command[] {
  const under = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(under);
  return [program, ...under(program)];
}

function commandPage(command: Command, program: Command, version: string): ManualPage {
  const words = wordsOf(command);
  const name = words.join('-');
  const isMain = command === program;
  const help = command.createHelp();
  const others = leaves(program).filter((each) => each !== program);
  const text = page({ name, section: 1, version }, [
    ...section('NAME', [`${escapeRoff(name)} \\- ${escapeRoff(command.description())}`]),
    ...section('SYNOPSIS', [`${bold(words.join(' '))} ${escapeRoff(command.usage())}`]),
    ...section('DESCRIPTION', [escapeRoff(sentence(command.description()))]),
    ...section(
      'COMMANDS',
      isMain ? others.flatMap((each) => tagged(wordsOf(each).slice(1).join(' '), each.description())) : [],
    ),
    ...section('ARGUMENTS', command.registeredArguments.flatMap(describeArgument)),
    ...section(
      'OPTIONS',
      help.visibleOptions(command).flatMap((option) => tagged(option.flags, describeOption(option))),
    ),
    ...section('EXIT STATUS', EXIT_STATUS),
    ...(isMain ? [...section('FILES', FILES), ...section('ENVIRONMENT', ENVIRONMENT)] : []),
    ...section('SEE ALSO', [
      escapeRoff(
        isMain ? [...others.map(referenceTo), CONFIGURATION].join(', ') : `${MAIN}, ${CONFIGURATION}`,
      ),
    ]),
  ]);
  return { file: `${name}.1`, text };
}

/** The command as it is typed. */
function wordsOf(command: Command): string[] {
  return command.parent === null ? [command.name()] : [...wordsOf(command.parent), command.name()];
}

function referenceTo(command: Command): string {
  return `${wordsOf(command).join('-')}(1)`;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

function describeArgument(argument: Argument): string[] {
  const { argChoices, defaultValue, description } = argument;
  return tagged(argument.name(), described(description, argChoices, defaultValue));
}

function describeOption({ argChoices, defaultValue, defaultValueDescription, description, negate }: Option) {
  const value = negate || Array.isArray(defaultValue) ? undefined : (defaultValueDescription ?? defaultValue);
  return described(description, argChoices, value);
}

function described(text: string, choices: readonly string[] | undefined, value: unknown): string {
  const one = choices === undefined ? '' : `; one of ${choices.join(', ')}`;
  const otherwise = value === undefined ? '' : ` (default: ${String(value)})`;
  return `${text}${one}${otherwise}`;
}
