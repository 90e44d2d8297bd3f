import { Argument, Command, Option } from 'commander';
import { VERSION } from '../version.js';
import { SHELLS, type Shell } from './completion/shells.js';
import type { PrintOptions } from './config.js';
import type { ConfigurationOptions } from './configuration-files.js';
import { controlOption, durationArgument, pairArgument } from './control/options.js';
import type { DoctorOptions } from './doctor.js';
import type { PsOptions } from './ps.js';
import type { RegisterOptions } from './register.js';
import type { RelayOptions } from './relay.js';
import type { ReloadOptions } from './reload.js';
import type { StatusOptions } from './status.js';
import { parseLast, type TailOptions } from './tail/options.js';
import type { TestOptions } from './test.js';
import { parseLimit, type TopOptions } from './top/options.js';
import { ORDERS, VIEWS } from './top/words.js';
import type { UnregisterOptions } from './unregister.js';
import type { UpgradeOptions } from './upgrade.js';

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

/** For the help, and for mistakes: `udscope supervise -- …` is run without any of this. */
function addSupervise(program: Command): void {
  program
    .command('supervise')
    .description('start an agent, hold its sockets, and start another with them whenever it ends')
    .argument('<command...>', 'behind --: udscope run or udscope relay, with its arguments')
    .option('--no-standby', 'keep no second agent ready: it takes memory, and a restart a second less')
    .action(() => program.error('error: write -- before the command: udscope supervise -- udscope run …'));
}

function addTail(program: Command): void {
  const last = new Option('--last <n>', 'how many of the remembered events to start with').default(10);
  const operations = new Option('--operations', 'operations, too: each send and receive').conflicts('errors');
  const pcapng = new Option(
    '--pcapng [file]',
    'for Wireshark, what connections carry from now on, as packets of TCP, into a file that is not there yet, or -: standard output',
  ).conflicts(['protocol', 'method', 'errors', 'operations', 'last', 'json']);
  program
    .command('tail')
    .description('show the calls that a running agent sees, as they happen')
    .addOption(controlOption())
    .option('--socket <name>', 'only this socket; may be given again, as the next two', collect, [])
    .option('--container <name|id>', 'only this container: its name, or how its id begins', collect, [])
    .option('--protocol <name>', 'only this protocol', collect, [])
    .option('--method <method>', 'only this method; * stands for any characters', collect, [])
    .option('--errors', 'only calls that failed')
    .addOption(operations)
    .addOption(last.argParser(parseLast))
    .option('--no-follow', 'end after the remembered events')
    .option('--json', 'JSON, an event a line, as the agent sends it')
    .addOption(pcapng)
    .action(async (options: TailOptions) => (await import('./tail.js')).tail(options));
}

function addTop(program: Command): void {
  const view = new Option('--view <view>', 'what to begin with').choices(VIEWS);
  const interval = new Option('--interval <duration>', 'between two looks');
  const sort = new Option('--sort <figure>', 'what to order by').choices(ORDERS).default('calls');
  const limit = new Option('--limit <n>', 'the most lines to show');
  program
    .command('top')
    .description('show who calls what on the sockets of a running agent: rates, errors and durations, live')
    .addOption(controlOption())
    .addOption(view)
    .option('--socket <name>', 'only this socket; may be given again, as the next three', collect, [])
    .option('--container <name|id>', 'only this container: its name, or how its id begins', collect, [])
    .option('--protocol <name>', 'only methods of this protocol', collect, [])
    .option('--method <method>', 'only this method; * stands for any characters', collect, [])
    .addOption(interval.argParser(durationArgument).default(2000, '2s'))
    .addOption(sort)
    .addOption(limit.argParser(parseLimit))
    .option('--once', 'print a table of one interval, as where the output is no terminal')
    .option('--json', 'JSON, an object a line for each interval')
    .action(async (options: TopOptions) => (await import('./top.js')).top(options));
}

function withContainerOptions(command: Command): Command {
  return command
    .requiredOption('--container <id>', 'the container, as container.id')
    .option('--namespace <name>', "of containerd, or the runtime's root, where several have that id");
}

function addRegistration(program: Command): void {
  withContainerOptions(program.command('register'))
    .description('have a running agent make a relay socket for a container')
    .requiredOption('--path <path>', 'where the container sees the socket')
    .requiredOption('--upstream <path>', 'the socket of the host that it is relayed to, or @name')
    .option('--name <name>', 'container.name')
    .option('--image <image>', 'container.image.name')
    .option('--attribute <name=value>', 'another attribute; may be given again', pairArgument, [])
    .option('--json', 'print what the container has, as JSON')
    .addOption(controlOption())
    .action(async (options: RegisterOptions) => (await import('./register.js')).register(options));
  withContainerOptions(program.command('unregister'))
    .description('take back what was registered for a container')
    .option('--path <path>', 'only the socket that the container sees there')
    .addOption(controlOption())
    .action(async (options: UnregisterOptions) => (await import('./unregister.js')).unregister(options));
}

function addLooks(program: Command): void {
  const interval = new Option('--interval <duration>', 'how long to measure; 0 shows no rates');
  program
    .command('ps')
    .description('list who uses which socket of a running agent, and how much')
    .option('--sockets', 'list the sockets, not their users')
    .addOption(interval.argParser(durationArgument).default(1000, '1s'))
    .option('--json', 'JSON, a list of the same lines')
    .addOption(controlOption())
    .action(async (options: PsOptions) => (await import('./ps.js')).ps(options));
  program
    .command('status')
    .description('show the state of a running agent')
    .option('--json', 'JSON, as the agent sends it')
    .addOption(controlOption())
    .action(async (options: StatusOptions) => (await import('./status.js')).status(options));
}

function addDoctor(program: Command): void {
  withConfigurationOptions(program.command('doctor'))
    .description(
      'say what is wrong with an agent, its sockets and this host, and how to mend it; it only reads',
    )
    .option('--json', 'JSON, a list of findings')
    .addOption(controlOption())
    .action(async (options: DoctorOptions) => (await import('./doctor.js')).doctor(options));
}

function addChanges(program: Command): void {
  program
    .command('reload')
    .description('have a running agent load its configuration again, and wait for the outcome')
    .option('--json', 'JSON, as the agent sends it')
    .addOption(controlOption())
    .action(async (options: ReloadOptions) => (await import('./reload.js')).reload(options));
  program
    .command('upgrade')
    .description('have another agent take over from a running one, of the program as it is installed by now')
    .option('--json', 'JSON, as the agent sends it')
    .addOption(controlOption())
    .action(async (options: UpgradeOptions) => (await import('./upgrade.js')).upgrade(options));
}

/** Commands that run an agent. */
function addAgents(program: Command): void {
  withConfigurationOptions(program.command('run'))
    .description('relay the sockets of a configuration file, in the foreground')
    .action(async (options: ConfigurationOptions) => (await import('./run.js')).run(options));
  program
    .command('relay')
    .description('relay one socket, without a file')
    .argument('<listen>', 'path to listen on, or @name')
    .argument('<upstream>', 'path of the service, or @name')
    .option('--name <name>', 'uds.socket.name of the metrics (default: the file name of upstream)')
    .option('--container-id <id>', 'count the traffic for this container')
    .option(
      '--credentials <whose>',
      'as whom to connect to UPSTREAM: client | self (client where udscope may)',
    )
    .option(
      '--prometheus <host:port>',
      'where to be scraped (default: localhost:9464, unless --otlp is given)',
    )
    .option('--otlp <url>', 'OTLP/HTTP endpoint to push to: http://, https:// or unix://')
    .option('--interval <duration>', 'how often to push', '10s')
    .option(
      '--control <path>',
      'where tail, top, ps and status ask (default: $UDSCOPE_CONTROL, or where they ask by themselves)',
    )
    .option('--no-control', 'nowhere')
    .action(async (listen: string, upstream: string, options: RelayOptions) =>
      (await import('./relay.js')).relay(listen, upstream, options),
    );
}

/** Commands that write, check and show configurations, and what may be in one. */
function addConfigurations(program: Command): void {
  withConfigurationOptions(program.command('validate'))
    .description(
      'check a configuration: silence, or every mistake at once, and warnings of what does nothing or misleads',
    )
    .action(async (options: ConfigurationOptions) => (await import('./validate.js')).validate(options));
  program
    .command('test')
    .description(
      'try configurations: what would be captured and shown of payloads that files give, and whether that is what they expect',
    )
    .argument('<file...>', 'files of tests, each with its configuration')
    .option('--json', 'JSON, an object a line for each test')
    .action(async (files: string[], options: TestOptions) =>
      (await import('./test.js')).test(files, options),
    );
  program
    .command('init')
    .description('write a configuration for the sockets that listen on this host')
    .argument('[file]', 'where to; it must not be there yet; -: standard output', 'otel-config.yaml')
    .action(async (file: string) => (await import('./init.js')).init(file));
  withConfigurationOptions(program.command('config').description('look at a configuration').command('print'))
    .description('print the configuration that holds, with every default and without secrets')
    .option('--origins', 'say behind each value where it comes from')
    .action(async (options: PrintOptions) => (await import('./config.js')).printConfig(options));
  program
    .command('components')
    .description('list the components and protocols this build knows')
    .action(async () => (await import('./components.js')).printComponents());
  program
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .action(async () => (await import('./schema.js')).printSchema());
}

function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what completes udscope on the command line of a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action(async (shell: Shell) => (await import('./completion.js')).printScript(shell));
}

/**
 * All commands with their options. A command's module is loaded when it is used: commands that only ask an agent start in a third of
 * the time. Completion and manual pages are made of this, too.
 */
export function createProgram(): Command {
  const program = new Command('udscope')
    .description('Relays Unix domain sockets and turns their traffic into OpenTelemetry metrics.')
    .version(VERSION)
    .showHelpAfterError('(see udscope --help)')
    // Ending the process at once would hide that the help could not be written.
    .exitOverride();
  addAgents(program);
  addSupervise(program);
  addTail(program);
  addTop(program);
  addLooks(program);
  addRegistration(program);
  addChanges(program);
  addDoctor(program);
  addConfigurations(program);
  addCompletion(program);
  return program;
}
