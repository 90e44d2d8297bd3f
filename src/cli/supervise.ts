import { inheritedDescriptors, wholeNumber } from '../store/inherited.js';
import { KeptDescriptors } from '../store/kept-descriptors.js';
import { isStoreName, unitName } from '../store/names.js';
import { notifySocket } from '../store/service-manager.js';
import { Supervisor } from '../supervisor/supervisor.js';

/** What precedes the command to be supervised. */
const END_OF_OPTIONS = '--';

const NO_STANDBY = '--no-standby';

/** Runs `udscope supervise [--no-standby] -- COMMAND [ARGUMENT…]`, given what follows `supervise`. Sets the exit code. */
export async function supervise(args: readonly string[]): Promise<void> {
  const end = args.indexOf(END_OF_OPTIONS);
  const options = end < 0 ? args : args.slice(0, end);
  const wrong = options.find((option) => option !== NO_STANDBY);
  const [command, ...rest] = end < 0 ? [] : args.slice(end + 1);
  if (wrong !== undefined || command === undefined) {
    const problem = wrong === undefined ? 'no command to supervise' : `unknown option '${wrong}'`;
    process.stderr.write(`error: ${problem}; as in: udscope supervise -- udscope run --config FILE\n`);
    process.exitCode = 1;
    return;
  }
  const manager = notifySocket(process.env['NOTIFY_SOCKET']);
  const inherited = inheritedDescriptors(process.env, process.pid);
  const isKeeping = (wholeNumber(process.env['FDSTORE']) ?? 0) > 0;
  const isKept = manager !== undefined && (isKeeping || inherited.some(({ name }) => isStoreName(name)));
  const warn = (message: string) => process.stderr.write(`udscope supervise: ${message}\n`);
  const upward = new KeptDescriptors(warn);
  upward.begin({ inherited, manager, isKept });
  const hasStandby = !options.includes(NO_STANDBY);
  const supervisor = new Supervisor({ command: [command, ...rest], hasStandby, manager, upward });
  inherited.forEach(({ name, fd }, i) => {
    // What socket units pass may all have one name; the agent finds it by its path, too.
    if (isStoreName(name)) supervisor.inherit(name, upward.take(name) ?? fd);
    else if (upward.take(unitName(name)) !== undefined)
      supervisor.inherit(i === 0 ? name : `${name}.${i}`, fd);
  });
  process.exit(await supervisor.run());
}
