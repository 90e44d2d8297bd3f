import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import { reportDirectory, reportPrefix, UNFINISHED } from '../../src/api/containers/unmonitored.js';
import { leaveReport } from '../../src/runtime/unmonitored-report.js';
import { useCleanup } from '../support/cleanup.js';

/** How many may wait. */
const ROOM = 256;

const REPORT = { reason: 'agent_unavailable', container: 'c1', why: 'nobody answers' } as const;

describe('leaveReport, where as many wait as may', () => {
  const cleanup = useCleanup();
  let place: Parameters<typeof leaveReport>[1];
  let folder: string;
  let secret: string;

  beforeEach(() => {
    const directory = cleanup.directory();
    place = { control: join(directory, 'private', 'control.sock'), agentUid: geteuid!(), room: ROOM };
    mkdirSync(join(directory, 'private'), { mode: 0o700 });
    folder = reportDirectory(place.control);
    mkdirSync(folder, { mode: 0o700 });
    secret = join(directory, 'secret.json');
    writeFileSync(secret, '{"password":"xyzzy"}');
  });

  function fill(put: (path: string) => void): void {
    for (let i = 0; i < ROOM; i++) put(join(folder, `${reportPrefix(REPORT.reason)}${i}`));
  }

  function texts(): string[] {
    const names = readdirSync(folder).filter((name) => !name.startsWith(UNFINISHED));
    return names.map((name) => readFileSync(join(folder, name), 'utf8'));
  }

  it('adds to one', () => {
    fill((path) => writeFileSync(path, JSON.stringify(REPORT), { mode: 0o600 }));
    leaveReport(REPORT, place);
    const counts = texts().map((text) => (JSON.parse(text) as { count?: number }).count ?? 1);
    assert.equal(counts.length, ROOM);
    assert.equal(
      counts.reduce((sum, each) => sum + each, 0),
      ROOM + 1,
    );
  });

  it('copies no file that a link leads to', () => {
    fill((path) => symlinkSync(secret, path));
    assert.throws(() => leaveReport(REPORT, place), /too many reports/);
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    assert.deepEqual(files, []);
  });

  it('waits for no pipe', () => {
    assert.equal(spawnSync('mkfifo', [join(folder, 'pipe')]).status, 0);
    fill((path) => symlinkSync(join(folder, 'pipe'), path));
    assert.throws(() => leaveReport(REPORT, place), /too many reports/);
  });

  it('goes on where something else than a report is found', () => {
    let puts = 0;
    fill((path) => writeFileSync(path, puts++ % 16 === 0 ? 'null' : JSON.stringify(REPORT), { mode: 0o600 }));
    // All of its eight tries find no report once in 4 billion times.
    leaveReport(REPORT, place);
    assert.equal(texts().filter((text) => text.includes('"count":2')).length, 1);
  });
});
