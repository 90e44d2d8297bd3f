import { Command } from 'commander';
import { VERSION } from '../version.js';
import { printComponents } from './components.js';
import { relay } from './relay.js';
import { run } from './run.js';
import { printSchema } from './schema.js';
import { validate } from './validate.js';

const collect = (value: string, previous: string[]) => [...previous, value];

function withConfigurationOptions(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'configuration file; given again, later files override earlier ones',
      collect,
      [],
    )
    .option('--set <key=value>', 'override one value, as exporters.prometheus.path=/m', collect, []);
}

/** Parses the command line and does what it says. Sets the exit code; only signals end the process early. */
export async function runCommandLine(argv: string[]): Promise<void> {
  const program = new Command('udscope')
    .description('Relays Unix domain sockets and turns their traffic into OpenTelemetry metrics.')
    .version(VERSION)
    .showHelpAfterError('(see udscope --help)');
  withConfigurationOptions(program.command('run'))
    .description('relay the sockets of a configuration file, in the foreground')
    .action(run);
  program
    .command('relay')
    .description('relay one socket, without a file')
    .argument('<listen>', 'path to listen on, or @name')
    .argument('<upstream>', 'path of the service, or @name')
    .option('--name <name>', 'uds.socket.name of the metrics (default: the file name of upstream)')
    .option('--container-id <id>', 'count the traffic for this container')
    .option(
      '--prometheus <host:port>',
      'where to be scraped (default: localhost:9464, unless --otlp is given)',
    )
    .option('--otlp <url>', 'OTLP/HTTP endpoint to push to: http://, https:// or unix://')
    .option('--interval <duration>', 'how often to push', '10s')
    .action(relay);
  withConfigurationOptions(program.command('validate'))
    .description('check a configuration: silence, or every mistake at once')
    .action(validate);
  program.command('components').description('list the components this build knows').action(printComponents);
  program.command('schema').description('print the JSON Schema of the configuration').action(printSchema);
  await program.parseAsync(argv);
}
