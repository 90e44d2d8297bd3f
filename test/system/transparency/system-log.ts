/** rsyslog, which notes of each line which process the kernel says has sent it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import type { Passage } from './passage.js';
import { serve } from './real-program.js';

/** The file that it writes to. */
export async function startRsyslog(passage: Passage, cleanup: Cleanup): Promise<string> {
  const directory = cleanup.directory();
  const [file, configuration] = [join(directory, 'log'), join(directory, 'rsyslog.conf')];
  const input = [
    'type="imuxsock"',
    `Socket="${passage.upstream}"`,
    'Annotate="on" ParseTrusted="off" UsePIDFromSystem="on" RateLimit.Interval="0"',
  ];
  const settings = [
    'module(load="imuxsock" SysSock.Use="off")',
    `input(${input.join(' ')})`,
    'template(name="line" type="string" string="%syslogtag% %pri% %msg%\\n")',
    `action(type="omfile" file="${file}" template="line")`,
  ];
  writeFileSync(configuration, `${settings.join('\n')}\n`);
  const args = ['-n', '-f', configuration, '-i', join(directory, 'pid')];
  await passage.open(await serve(cleanup, 'rsyslogd', args));
  return file;
}

/** Of the log, once there are so many. */
export function logLines(file: string, count: number): Promise<string[]> {
  return waitFor(`${count} lines`, () => {
    const all = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    return all.length >= count && all;
  });
}
