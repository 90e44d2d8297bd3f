import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { ControlError } from '../../src/api/agent.js';
import type { AgentInMemory } from '../extensions/control/agent-in-memory.js';
import { type Commanded, socketOf, useCommands } from './support/commands.js';

describe('the commands that talk to an agent', () => {
  const commands = useCommands();
  let agent: AgentInMemory;
  const outputOf: Commanded['outputOf'] = (...args) => commands.current().outputOf(...args);
  const assertFails: Commanded['assertFails'] = (...args) => commands.current().assertFails(...args);

  beforeEach(() => {
    ({ agent } = commands.current());
  });

  /** Who answers every request in the same way. */
  async function answering(body: string, status = 200): Promise<string> {
    const path = `${commands.cleanup.directory()}/other.sock`;
    const server = createServer((_, response) => response.writeHead(status).end(body)).listen(path);
    commands.cleanup.defer(() => server.close());
    await once(server, 'listening');
    return path;
  }

  describe('udscope status', () => {
    it('shows the agent and its receivers', async () => {
      const lines = (await outputOf('status')).split('\n');
      const expected = [
        /^udscope 1\.2\.3, pid 42, up 2m \ds$/,
        /^configuration: \/etc\/udscope\/otel-config\.yaml, loaded 2m \ds ago$/,
        /^last reload: failed 1m \ds ago, nothing has changed:$/,
        /^ {2}a\.yaml:3: exporters: \\u\{1b\}\[2J no map$/,
        /^ {2}b\.yaml:1: no$/,
        /^$/,
        /^RECEIVER {2}THREADS .*UNATTRIBUTED$/,
        /^uds +2 +0 +1 +0 +3 +12\.3k\/100k +gone 2$/,
        /^$/,
        /^EXPORTER +SIGNAL +EXPORTED +FAILED +QUEUE +SUCCESS +FAILURE$/,
        /^otlphttp +traces +12\.3k +3 +5\/1000 +3\ds ago +unreachable, 1m 3\ds ago$/,
        /^prometheus +metrics +0 +0 +- +never +-$/,
        /^$/,
        /^LOST OR REFUSED +REASON +COUNT$/,
        /^udscope\.enrich\.restarts +- +1$/,
        /^udscope\.enrich\.undecodable +malformed +3$/,
        /^$/,
      ];
      assert.equal(lines.length, expected.length, lines.join('\n'));
      for (const [i, pattern] of expected.entries()) assert.match(lines[i] ?? '', pattern);
    });

    it('gives what the agent says with --json', async () => {
      const { startedMs: _, ...status } = JSON.parse(await outputOf('status', '--json'));
      const { startedMs: __, ...expected } = agent.status();
      assert.deepEqual(status, expected);
    });
  });

  describe('udscope reload', () => {
    it('says what has changed in one line, and warns', async () => {
      assert.equal(
        await outputOf('reload'),
        'warning: w\\u{1b}\nreloaded /etc/udscope/otel-config.yaml: exporters.prometheus.endpoint changed\n',
      );
    });

    it('gives what the agent says with --json', async () => {
      const { changes } = JSON.parse((await outputOf('reload', '--json')).replace(/^warning.*\n/, ''));
      assert.deepEqual(changes, [{ path: 'exporters.prometheus.endpoint', change: 'changed' }]);
    });

    it('says every mistake, as the log does, and fails', async () => {
      agent.failure = new ControlError(422, 'a.yaml:3: no\u001b\nb.yaml:4: neither');
      const { code, output } = await commands.current().run('reload');
      assert.equal(code, 1);
      const words = 'configuration not reloaded, nothing has changed:';
      assert.equal(output, `${words}\na.yaml:3: no\\u{1b}\nb.yaml:4: neither\n`);
    });

    it('fails where another agent has taken over', async () => {
      agent.failure = new ControlError(409, 'another agent has taken over; ask that one');
      await assertFails(['reload'], /refuses: another agent has taken over; ask that one$/m);
    });
  });

  describe('say in one line why they cannot', () => {
    const every = [
      ['status'],
      ['reload'],
      ['ps'],
      ['register', '--container', 'c1', ...socketOf('/tmp/x')],
      ['unregister', '--container', 'c1'],
    ];

    for (const args of every) {
      it(`${args[0]}: without an agent`, async () => {
        const path = `${commands.cleanup.directory()}/absent.sock`;
        await assertFails([...args, '--control', path], /^no agent answers at .*; is udscope running with/);
      });

      it(`${args[0]}: of an agent that refuses`, async () => {
        const path = await answering('{"error":"out of\\u001b[2J order\\nsecond line"}', 503);
        await assertFails(
          [...args, '--control', path],
          /^the agent at .* refuses: out of\\u\{1b\}\[2J order$/m,
        );
      });
    }

    for (const args of every.slice(0, 4)) {
      it(`${args[0]}: of what it does not understand`, async () => {
        const path = await answering('{"version":"\\u001b"}');
        await assertFails(
          [...args, '--control', path],
          /answers in a way that this udscope does not understand/,
        );
      });
    }

    it('when the agent dies in the middle of its answer', async () => {
      const path = `${commands.cleanup.directory()}/dying.sock`;
      const dying = createServer((_, response) => {
        response.write('[{', () => response.destroy());
      }).listen(path);
      commands.cleanup.defer(() => dying.close());
      await once(dying, 'listening');
      await assertFails(['ps', '--control', path], /^the agent at .*dying\.sock has gone away$/m);
    });
  });
});
