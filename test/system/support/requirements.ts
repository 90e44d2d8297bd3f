import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian and Go put commands that an ordinary user's PATH lacks. */
const EXTRA_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/go/bin'];

/** The full path of a command, or undefined when the machine does not have it. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Call it in a `describe`: its tests need the command `name`. Without it they fail in CI, where a skipped test
 * would pass for a passed one, and are skipped elsewhere, with the reason.
 * @param install how to get it, for instance `apt-get install runc`
 */
export function requireTool(name: string, install: string): void {
  before(`needs ${name}`, function () {
    if (findTool(name) !== undefined) return;
    const reason = `${name} is not installed (${install})`;
    if (process.env['CI']) throw new Error(reason);
    for (const test of testsBelow(this.test?.parent)) test.title += ` (skipped: ${reason})`;
    this.skip();
  });
}

function testsBelow(suite: Mocha.Suite | undefined): Mocha.Test[] {
  return suite === undefined ? [] : [...suite.tests, ...suite.suites.flatMap(testsBelow)];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
