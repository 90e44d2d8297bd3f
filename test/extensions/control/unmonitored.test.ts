import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  reportDirectory,
  UNMONITORED_REASONS,
  type UnmonitoredReason,
} from '../../../src/api/containers/unmonitored.js';
import { leaveReport } from '../../../src/runtime/unmonitored-report.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { type StartedControl, startControl } from './fixture.js';

const UID = process.geteuid?.() ?? 0;

/** The agent's own user writes its files with the umask of the tests, which may let others write. */
const FILE_MODE = 0o600;

describe('Reports of containers that are not monitored', () => {
  const cleanup = useCleanup();
  let control = '';
  let folder = '';
  beforeEach(() => {
    control = join(cleanup.directory(), 'private', 'control.sock');
    folder = reportDirectory(control);
  });

  const start = () => startControl(cleanup, undefined, { socket: control });
  const leave = (reason: UnmonitoredReason, container = 'c1') =>
    leaveReport({ reason, container, why: `of ${reason}` }, { control, agentUid: UID });
  const counted = ({ unmonitored }: StartedControl, reason: UnmonitoredReason) =>
    unmonitored[UNMONITORED_REASONS.indexOf(reason)];
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: FILE_MODE });

  it('are counted once and logged, those of before the agent came too', async () => {
    leave('agent_unavailable');
    leave('agent_unavailable', 'c2');
    const first = await start();
    await eventually('both are counted', () => counted(first, 'agent_unavailable') === 2);
    leave('annotation');
    await eventually('the third is counted', () => counted(first, 'annotation') === 1);
    assert.deepEqual(readdirSync(folder), []);
    assert.ok(
      first.log.includes('container "c1" is not monitored (annotation): of annotation'),
      first.log.join('\n'),
    );
    await first.extension.shutdown(soon());
    leave('agent_timeout');
    const second = await start();
    await eventually('it is counted', () => counted(second, 'agent_timeout') === 1);
    assert.equal(counted(second, 'agent_unavailable'), 0);
  });

  it('are bounded while no agent is there, and all counted in the end', async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let i = 0; i < 4096; i++) write(`agent_unavailable-${i}`, '{"reason":"agent_unavailable"}');
    for (let i = 0; i < 104; i++) leave('agent_unavailable');
    leave('annotation');
    assert.equal(readdirSync(folder).length, 4097);
    const agent = await start();
    await eventually('all are counted', () => counted(agent, 'agent_unavailable') === 4200);
    assert.equal(counted(agent, 'annotation'), 1);
    assert.ok(agent.log.length < 400, 'the log does not have them all');
  });

  it('may say anything, and count as what is known of them', async () => {
    leave('annotation');
    write('a', 'hello');
    write('b', '{"reason":"no_such","container":7,"why":["x"],"count":-3}');
    write('c', `{"reason":"annotation","container":"x\\u0000\\ny","why":"one\\ntwo","count":5}`);
    write('d', `"${'x'.repeat(5000)}"`);
    write('.unfinished', '{"reason":"annotation"}');
    write('.old', '');
    utimesSync(join(folder, '.old'), 0, 0);
    const agent = await start();
    await eventually('they are read', () => counted(agent, 'annotation') === 6);
    assert.equal(counted(agent, '_OTHER'), 2);
    await eventually('only the unfinished one is left', () => readdirSync(folder).join() === '.unfinished');
    for (const line of agent.log) assert.doesNotMatch(line, /\p{Cc}/u);
  });

  it('are not believed where another user can have written them', async () => {
    leave('annotation');
    write('a', '{"reason":"annotation"}');
    chmodSync(join(folder, 'a'), 0o666);
    const agent = await start();
    await eventually('both are gone', () => readdirSync(folder).length === 0);
    assert.equal(counted(agent, 'annotation'), 1);
  });

  it('are not left where others can write, nor through a link', () => {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    chmodSync(folder, 0o777);
    assert.throws(() => leave('annotation'), /others can write to/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('make the private directory of an agent that has never run', () => {
    leave('annotation');
    assert.ok(existsSync(folder));
  });
});
