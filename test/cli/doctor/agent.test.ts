import assert from 'node:assert/strict';
import type { AgentStatus } from '../../../src/api/status-schema.js';
import { diagnose } from '../../../src/cli/doctor/diagnose.js';
import { useCleanup } from '../../support/cleanup.js';
import { agentWith, assertFinds, configuration, healthy, loaded, status } from './facts.js';

describe('udscope doctor, of the agent', () => {
  const cleanup = useCleanup();

  /** Nothing else can be asked where no agent answers. */
  function findingOf(facts: Parameters<typeof diagnose>[0], check: string) {
    return diagnose(facts).find((finding) => finding.check === check);
  }

  const absent = (state: 'absent' | 'unknown' | 'failing') =>
    healthy({ agent: { state, why: 'no agent answers' }, sockets: [] });

  it('finds that none runs', () => {
    const finding = findingOf(absent('absent'), 'agent');
    assert.equal(finding?.state, 'problem');
    assert.match(finding?.text ?? '', /^no agent runs, .*control\.sock: no agent answers$/);
    for (const check of ['traffic', 'losses', 'exporters'])
      assert.equal(findingOf(absent('absent'), check)?.state, 'unchecked');
  });

  it('cannot know where nobody may be asked', () => {
    const without = { ...absent('absent'), configuration: loaded(configuration(cleanup, { control: null })) };
    assert.equal(findingOf(without, 'agent')?.state, 'unchecked');
    assert.match(findingOf(without, 'agent')?.text ?? '', /no control extension/);
    assert.equal(findingOf(absent('unknown'), 'agent')?.state, 'unchecked');
  });

  it('finds one that does not answer as it should', () => {
    assert.equal(findingOf(absent('failing'), 'agent')?.state, 'problem');
  });

  it('finds another version than is installed', () => {
    assertFinds(
      healthy({ version: '1.3.0' }),
      'warning',
      'agent',
      /^version 1\.2\.3 runs, and 1\.3\.0 is installed/,
    );
  });

  it('finds that a reload has failed', () => {
    const lastReload = { timeMs: 1, error: 'a.yaml:1: no\nb.yaml:2: no' };
    const facts = agentWith({ configuration: { files: ['/a'], loadedMs: 1, lastReload } });
    assertFinds(healthy(facts), 'problem', 'agent', /: a\.yaml:1: no; b\.yaml:2: no$/);
  });

  it('finds a file that was changed and not loaded', () => {
    const config = configuration(cleanup);
    const { nowMs } = healthy();
    assertFinds(
      healthy({ configuration: loaded(config, nowMs) }),
      'warning',
      'agent',
      /changed after it was loaded/,
    );
  });

  it('finds mistakes and warnings of the configuration', () => {
    const mistaken = { state: 'mistaken', files: ['a'], mistakes: ['a.yaml:3: no'], unset: [] } as const;
    assertFinds(healthy({ configuration: mistaken }), 'problem', 'configuration', /^a\.yaml:3: no$/);
    // It may have the variable.
    const unset = { ...mistaken, unset: ['a.yaml:3: x: the variable A is not set; its value is empty'] };
    assertFinds(healthy({ configuration: unset }), 'unchecked', 'configuration', /the variable A/);
    const unread = { state: 'unread', why: 'it is of another user' } as const;
    assertFinds(healthy({ configuration: unread }), 'unchecked', 'configuration', /another user$/);
    const unreadable = { ...mistaken, mistakes: ['a.yaml: cannot be read: permission denied'] };
    assertFinds(healthy({ configuration: unreadable }), 'unchecked', 'configuration', /permission denied$/);
    const warned = { ...loaded(configuration(cleanup)), warnings: ['a.yaml:4: vain'] };
    assertFinds(healthy({ configuration: warned }), 'warning', 'configuration', /vain/);
  });

  describe('of exporters', () => {
    const exporter = (change: Partial<AgentStatus['exporters'][number]>) => {
      const [first] = status().exporters;
      assert.ok(first !== undefined);
      return healthy(agentWith({ exporters: [{ ...first, id: 'otlphttp', ...change }] }));
    };
    const { nowMs } = healthy();

    it('does not say of one that it delivers before it has', () => {
      const facts = exporter({ lastSuccessMs: undefined, exported: 0 });
      assertFinds(facts, 'unchecked', 'exporters', /^otlphttp has delivered no metrics yet$/);
    });

    it('finds one that fails, and what would help', () => {
      const facts = exporter({
        lastSuccessMs: undefined,
        lastFailure: { timeMs: nowMs - 5000, reason: 'unreachable' },
      });
      const { remedy } = assertFinds(
        facts,
        'problem',
        'exporters',
        /otlphttp does not deliver metrics: unreachable, 5s ago; .* never/,
      );
      assert.match(remedy ?? '', /endpoint/);
    });

    it('finds one that has failed, and that works again', () => {
      const lastFailure = { timeMs: nowMs - 5000, reason: 'timeout' };
      assert.ok(diagnose(exporter({ lastFailure })).every(({ state }) => state === 'ok'));
      assertFinds(
        exporter({ lastFailure, failed: { timeout: 3 } }),
        'warning',
        'exporters',
        /has lost metrics before: 3 timeout/,
      );
    });

    it('finds that nobody scrapes', () => {
      assertFinds(
        exporter({ id: 'prometheus', lastSuccessMs: undefined }),
        'warning',
        'exporters',
        /nobody has scraped/,
      );
    });

    it('finds spans and log records for which there was no room', () => {
      const queue = { size: 1, capacity: 2, dropped: 9 };
      for (const [signal, words] of [
        ['traces', /no room for 9 spans/],
        ['logs', /no room for 9 log records/],
      ] as const) {
        assertFinds(exporter({ signal, queue }), 'warning', 'exporters', words);
      }
    });
  });

  describe('of what was lost', () => {
    const facts = (instrument: string, reason?: string) =>
      healthy(agentWith({ losses: [{ instrument, ...(reason !== undefined && { reason }), count: 7 }] }));

    it('names the setting that would help', () => {
      const cases: [string, string | undefined, 'warning' | 'problem', RegExp][] = [
        ['udscope.ring.overwritten_records', 'enrich', 'warning', /ring_buffer/],
        ['udscope.capture.dropped_records', 'overwritten', 'warning', /ring_buffer/],
        ['udscope.capture.dropped_records', 'framing_budget', 'warning', /protocol: none/],
        ['udscope.capture.faults', undefined, 'problem', /module/],
        ['udscope.relay.dropped_descriptors', 'send', 'problem', /LimitNOFILE/],
        ['udscope.relay.failures', undefined, 'problem', /log/],
        ['udscope.enrich.restarts', undefined, 'warning', /log/],
        ['udscope.enrich.dropped_spans', 'x', 'warning', /span_ratio/],
        ['udscope.enrich.client_losses', 'x', 'warning', /client_limits/],
        ['udscope.enrich.spilled_series', undefined, 'warning', /max_series/],
        ['udscope.log.dropped_lines', 'x', 'warning', /standard error/],
        ['uds.connection.errors', 'EACCES', 'warning', /0711/],
        ['uds.connection.errors', 'ENOENT', 'warning', /upstream/],
        ['uds.connection.errors', 'ECONNREFUSED', 'warning', /upstream/],
        ['uds.connection.errors', 'client_limit', 'warning', /client_limits\.connections/],
        ['uds.connection.errors', 'EMFILE', 'problem', /LimitNOFILE/],
        ['uds.connection.errors', 'connect_timeout', 'warning', /connect_timeout/],
        ['uds.connection.errors', 'EPROTOTYPE', 'problem', /type: auto/],
        ['uds.connection.errors', 'EMSGSIZE', 'warning', /wmem_max/],
        ['udscope.attribution.unattributed', 'hidden', 'warning', /hidepid/],
        ['udscope.attribution.unattributed', 'other_namespace', 'warning', /pid namespace/],
        ['udscope.attribution.unattributed', 'unknown_container', 'warning', /bundles/],
        ['udscope.attribution.unattributed', 'gone', 'warning', /6\.16/],
      ];
      for (const [instrument, reason, state, remedy] of cases) {
        const finding = assertFinds(facts(instrument, reason), state, 'losses', /^7 /);
        assert.match(finding.remedy ?? '', remedy, `${instrument} ${reason}`);
      }
    });

    it('leaves out what is ordinary', () => {
      for (const reason of ['EPIPE', 'ECONNRESET', 'idle_timeout'])
        assert.ok(diagnose(facts('uds.connection.errors', reason)).every(({ state }) => state === 'ok'));
    });
  });

  describe('of annotated containers', () => {
    it('finds those that were started without being relayed, and why', () => {
      const losses = [
        { instrument: 'udscope.runtime.unmonitored_containers', reason: 'agent_timeout', count: 2 },
      ];
      const { remedy } = assertFinds(
        healthy(agentWith({ losses })),
        'warning',
        'containers',
        /^2 annotated .*: agent_timeout/,
      );
      assert.match(remedy ?? '', /deadline/);
    });

    it('finds reports that no agent has read', () => {
      const reports = [{ reason: 'annotation', container: 'c0ffee', why: 'no such mount' }] as const;
      assertFinds(healthy({ reports }), 'warning', 'containers', /^container c0ffee .*: no such mount$/);
    });

    it('says that it cannot tell', () => {
      const facts = { ...absent('absent'), reports: undefined };
      assert.equal(findingOf(facts, 'containers')?.state, 'unchecked');
    });
  });
});
