import type { Command } from 'commander';

/** The words of the command lines of udscope in a text of a shell, without `sudo`, pipes, comments and redirections. */
export function udscopeCommands(text: string): string[][] {
  const lines = text.replace(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) =>
    commandsIn(words(line)).flatMap((command) => {
      const from = command.findIndex((word) => word !== 'sudo');
      return command[from] === 'udscope' ? [command.slice(from + 1)] : [];
    }),
  );
}

/** Words, with the quotes gone; operators are words of their own. */
function words(line: string): string[] {
  const tokens = line.matchAll(/(?<=^|\s)#.*|\$\([^)]*\)|(?:"[^"]*"|'[^']*'|\\.|[^\s'"|;&<>])+|[|;&<>]+/g);
  const found = Array.from(tokens, ([token]) => token).filter((token) => !token.startsWith('#'));
  const prompt = found[0] === '$' ? 1 : 0;
  return found.slice(prompt).map((token) => token.replace(/["']/g, ''));
}

function commandsIn(line: readonly string[]): string[][] {
  const commands: string[][] = [[]];
  let isRedirected = false;
  for (const word of line) {
    if (/^[|;&]+$/.test(word)) commands.push([]);
    else if (/^[<>]+$/.test(word)) isRedirected = true;
    else if (isRedirected) isRedirected = false;
    else commands.at(-1)?.push(word);
  }
  return commands;
}

/** Has the program, made by `create`, parse a command line without running the command. @throws CommanderError */
export async function parse(create: () => Command, argv: readonly string[]): Promise<void> {
  const [command, ...rest] = argv;
  // What is behind -- is a command line of its own.
  if (command === 'supervise') {
    const at = rest.indexOf('--');
    if (at < 0) throw new Error('supervise without --');
    const [program, ...inner] = rest.slice(at + 1);
    if (program !== 'udscope') throw new Error(`supervise of ${program}`);
    return parse(create, inner);
  }
  const program = create();
  silence(program);
  await program.parseAsync([...argv], { from: 'user' });
}

function silence(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  command.action(() => {});
  for (const each of command.commands) silence(each);
}
