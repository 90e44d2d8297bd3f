import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '../../src/runtime/settings.js';
import { useCleanup } from '../support/cleanup.js';
import { ECHO, fakeRuntime, WRAPPER } from './support/wrapper.js';

/** Whom the wrapper believes beside root, unless told otherwise. */
const UID = process.geteuid?.() ?? 0;

describe('The settings of the wrapper', () => {
  const cleanup = useCleanup();
  let directory = '';
  let runtime = '';
  let file = '';
  beforeEach(() => {
    directory = cleanup.directory();
    runtime = fakeRuntime(directory, ECHO);
    file = join(directory, 'runtime.yaml');
  });

  const load = (text: string, flags = {}) => {
    writeFileSync(file, text.replaceAll('RUNTIME', runtime));
    return loadSettings({ config: file, ...flags }, WRAPPER);
  };

  it('have defaults for all but the runtime', async () => {
    const { settings, problems } = await load('runtime: RUNTIME\n');
    assert.deepEqual(problems, []);
    assert.deepEqual(settings, {
      runtime,
      control: '/run/udscope/private/control.sock',
      agentUid: UID,
      fail: 'open',
      annotation: 'dev.gvisor.uds.monitor.path',
      deadlineMs: 2000,
    });
  });

  it('may all come from flags', async () => {
    const { settings, problems } = await load('', { runtime, fail: 'closed', control: '/c' });
    assert.deepEqual(problems, []);
    assert.deepEqual([settings.runtime, settings.fail, settings.control], [runtime, 'closed', '/c']);
  });

  const forms = [
    '# a comment\nruntime: RUNTIME # the real one\ncontrol:   /c.sock\n\nagent_uid: 1234\nfail: closed\nannotation: a.b/c\ndeadline: 500ms\n',
    '{ runtime: RUNTIME, control: /c.sock, agent_uid: 1234, fail: closed, annotation: a.b/c, deadline: 500ms }',
    '"runtime": "RUNTIME"\n\'control\': \'/c.sock\'\nagent_uid: "1234"\nfail : closed\r\nannotation: >-\n  a.b/c\n?  deadline\n: 500ms\n',
    '---\nruntime: &r RUNTIME\ncontrol: !!str /c.sock\nagent_uid: 1234\nfail: closed\nannotation: a.b/c\ndeadline: 500ms\n...\n',
  ];
  for (const text of forms) {
    it(`are read from ${JSON.stringify(text.slice(0, 40))}`, async () => {
      const { settings, problems } = await load(text);
      assert.deepEqual(problems, []);
      assert.deepEqual(settings, {
        runtime,
        control: '/c.sock',
        agentUid: 1234,
        fail: 'closed',
        annotation: 'a.b/c',
        deadlineMs: 500,
      });
    });
  }

  it('of flags come before those of the file', async () => {
    const { settings } = await load('runtime: /bin/false\nfail: open\n', { runtime, fail: 'closed' });
    assert.deepEqual([settings.runtime, settings.fail], [runtime, 'closed']);
  });

  const mistakes: [text: string, problem: string][] = [
    [
      'fial: open',
      'FILE:2: "fial" is an unknown key; accepted here: agent_uid, annotation, control, deadline, fail, node, runtime',
    ],
    [
      'agent_uid: root',
      'FILE:2: agent_uid: "root" is not the number of a user; give that of the user the agent runs as',
    ],
    ['agent_uid: 4294967295', 'FILE:2: agent_uid: "4294967295" is not the number of a user'],
    [
      'node: /bin/false',
      'FILE:2: node: "/bin/false" is not the Node.js that runs this; give its absolute path, on a line',
    ],
    [
      'fail: maybe',
      'FILE:2: fail: "maybe" is not open or closed; open lets a container start that cannot be',
    ],
    ['fail: true', 'FILE:2: fail: "true" is not open or closed'],
    ['fail: [open]', 'FILE:2: fail: has no value'],
    ['fail:', 'FILE:2: fail: has no value'],
    [
      'control: control.sock',
      'FILE:2: control: "control.sock" is not an absolute path; the agent has it at /run',
    ],
    [`control: /${'x'.repeat(110)}`, 'FILE:2: control: '],
    ['deadline: 5', 'FILE:2: deadline: "5" is not a duration from 1ms to 60s; give whole seconds'],
    ['deadline: 0s', 'FILE:2: deadline: "0s" is not a duration'],
    ['deadline: 61s', 'FILE:2: deadline: "61s" is not a duration'],
    [
      'annotation: io.udscope.monitor',
      'FILE:2: annotation: "io.udscope.monitor" is for what udscope-runtime',
    ],
    ['annotation: "a b"', 'FILE:2: annotation: "a b" is not the key of an annotation'],
    ['fail: open\nfail: closed', 'FILE:3: Map keys must be unique'],
    ['x: [', 'FILE:2: '],
  ];
  for (const [line, problem] of mistakes) {
    it(`cannot be ${JSON.stringify(line.slice(0, 40))}`, async () => {
      const { problems } = await load(`runtime: RUNTIME\n${line}`);
      const expected = problem.replace('FILE', file);
      assert.ok(
        problems.some((said) => said.startsWith(expected)),
        problems.join('\n'),
      );
    });
  }

  it('fail closed when nobody can read what they say of it', async () => {
    for (const text of [
      'runtime: RUNTIME\nfail: opne\n',
      'runtime: [\n',
      'x'.repeat(70_000),
      'just text\n',
    ]) {
      assert.equal((await load(text)).settings.fail, 'closed');
    }
    assert.equal((await load('')).settings.fail, 'open');
  });

  const runtimes: [what: string, value: (directory: string) => string, problem: RegExp][] = [
    ['a name', () => 'runc', /is not an absolute path; give the real runtime as \/usr\/bin\/runc/],
    ['nothing that is there', () => '/none/runc', /is not there, or cannot be executed/],
    ['a file that cannot be executed', () => '/etc/passwd', /is not there, or cannot be executed/],
    ['a directory', () => '/usr', /is not a program/],
    ['the wrapper', () => WRAPPER, /is udscope-runtime itself/],
    ['a link to the wrapper', (path) => join(path, 'link'), /is udscope-runtime itself/],
  ];
  for (const [what, value, problem] of runtimes) {
    it(`cannot have as runtime ${what}`, async () => {
      symlinkSync(WRAPPER, join(directory, 'link'));
      const { settings, problems } = await load(`runtime: ${value(directory)}`);
      assert.equal(settings.runtime, undefined);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', problem);
    });
  }

  it('say that there is no runtime, and where to write it', async () => {
    const { problems } = await load('fail: open\n');
    assert.equal(problems.length, 1);
    assert.ok(
      problems[0]?.startsWith(
        `no runtime is configured; write the absolute path of the real one into ${file}`,
      ),
    );
  });

  it('say that a file that was named is not there', async () => {
    const { problems } = await loadSettings({ config: '/none/runtime.yaml', runtime }, WRAPPER);
    assert.deepEqual(problems, ['/none/runtime.yaml: cannot be read: it is not there']);
  });
});
