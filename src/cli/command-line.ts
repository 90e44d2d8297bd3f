import { type Command, CommanderError } from 'commander';
import { createProgram } from './program.js';

/** Help for a command that does not exist is the mistake of that command: it is named, and the one that was meant. */
function withoutVainHelp(program: Command, argv: string[]): string[] {
  const [node, script, first, topic] = argv as [string, string, string?, string?];
  const known = ['help', ...program.commands.map((command) => command.name())];
  const isVain = first === 'help' && topic !== undefined && !topic.startsWith('-') && !known.includes(topic);
  return isVain ? [node, script, topic] : argv;
}

/** Parses the command line and runs its command. Sets the exit code; only signals end the process early. */
export async function runCommandLine(argv: string[]): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync(withoutVainHelp(program, argv));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode;
  }
}
