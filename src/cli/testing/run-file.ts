import { dirname, resolve } from 'node:path';
import { loadConfiguration, readCheckedFile } from '../../configuration/index.js';
import { RECV, SEND } from '../../protocols/direction.js';
import { rehearse, socketNames } from '../../service/rehearsal/rehearse.js';
import type { Step } from '../../service/rehearsal/stage.js';
import type { Path } from '../../values/finding.js';
import { formatPath } from '../../values/mistakes.js';
import { quote } from '../../values/quote.js';
import { type Failure, failuresOf } from './check.js';
import { type Test, testFileSchema } from './schema.js';

/** An expectation that was not met. */
export interface LocatedFailure extends Omit<Failure, 'path'> {
  /** `tests.yaml:12` */
  readonly position: string;
  /** `tests[0].expect.calls[0].outcome` */
  readonly path: string;
}

export interface TestResult {
  readonly name: string;
  readonly position: string;
  readonly failures: readonly LocatedFailure[];
}

/**
 * Runs the tests of a file, one after the other.
 *
 * @throws ConfigurationError for mistakes in it, or in the configuration that it names; StartError for a strategy's module
 */
export async function* runFile(file: string): AsyncGenerator<TestResult, void> {
  const { value, positions } = readCheckedFile(file, testFileSchema, 'configuration: and tests:');
  const { configuration, env, tests } = value;
  const files = [configuration].flat().map((each) => resolve(dirname(file), each));
  const { config } = loadConfiguration({ files, sets: [], env });
  const names = socketNames(config);
  for (const [i, test] of tests.entries()) {
    const place: Path = ['tests', i];
    const located = ({ path, ...failure }: Failure): LocatedFailure => ({
      ...failure,
      position: positions([...place, ...path]),
      path: formatPath([...place, ...path]),
    });
    const failures = names.includes(test.socket)
      ? await failuresIn(test, config)
      : [{ path: ['socket'], expected: quote(test.socket), found: `only the sockets ${names.join(', ')}` }];
    yield { name: test.name, position: positions(place), failures: failures.map(located) };
  }
}

async function failuresIn(
  { socket, client, steps, expect }: Test,
  config: Parameters<typeof rehearse>[0],
): Promise<Failure[]> {
  const found = await rehearse(config, { socket, client, steps: steps.flatMap(stepOf) });
  return failuresOf(expect, found).map(({ path, ...failure }) => ({ ...failure, path: ['expect', ...path] }));
}

function stepOf({ send, recv, wait }: Test['steps'][number]): Step[] {
  if (send !== undefined) return [{ kind: 'bytes', direction: SEND, bytes: send }];
  if (recv !== undefined) return [{ kind: 'bytes', direction: RECV, bytes: recv }];
  return [{ kind: 'pause', ms: wait ?? 0 }];
}
