import assert from 'node:assert/strict';
import { CHECKS, diagnose } from '../../../src/cli/doctor/diagnose.js';
import { useCleanup } from '../../support/cleanup.js';
import { assertFinds, configuration, healthy, loaded, socket, socketStatus } from './facts.js';

const NO_CAPABILITIES = { isAgent: true, uid: 1000, gid: 1000, capabilities: 0n, files: 65_536 };

describe('udscope doctor, of the host', () => {
  const cleanup = useCleanup();

  it('finds nothing where all is well, and says so of each check', () => {
    const findings = diagnose(healthy());
    assert.deepEqual(
      findings.map(({ state }) => state),
      CHECKS.map(() => 'ok'),
      JSON.stringify(findings),
    );
  });

  it('has what is wrong first', () => {
    const findings = diagnose(healthy({ nodeVersion: '18.0.0', reports: undefined, kernel: noPidfd() }));
    assert.deepEqual(
      findings.slice(0, 3).map(({ state }) => state),
      ['problem', 'warning', 'ok'],
    );
  });

  const noPidfd = () => ({ ...healthy().kernel, peerPidfd: false });

  it('finds a Node.js that is too old', () => {
    for (const nodeVersion of ['18.20.0', '20.18.3'])
      assertFinds(healthy({ nodeVersion }), 'problem', 'node', /is too old$/);
    for (const nodeVersion of ['20.19.0', '22.0.0'])
      assert.ok(diagnose(healthy({ nodeVersion })).every(({ state }) => state === 'ok'));
  });

  it('finds what the kernel does not have', () => {
    const { kernel } = healthy();
    const facts = (change: Partial<typeof kernel>) => healthy({ kernel: { ...kernel, ...change } });
    assertFinds(facts({ epoll: false }), 'problem', 'kernel', /^epoll_create1/);
    assertFinds(facts({ pidfd: false }), 'warning', 'kernel', /pidfd_send_signal/);
    assertFinds(facts({ peerPidfd: false }), 'warning', 'kernel', /SO_PEERPIDFD/);
    assertFinds(facts({ openat2: false }), 'warning', 'kernel', /openat2/);
  });

  describe('of privileges', () => {
    const LOOKING = (1n << 2n) | (1n << 19n) | (1n << 21n);

    function facts(change: { socket?: object; capabilities: bigint }) {
      const config = configuration(cleanup, { socket: change.socket ?? {} });
      const [receiver] = config.receivers.values();
      const [own] = receiver?.config.sockets ?? [];
      const takeover = own?.takeover ?? false;
      return healthy({
        process: { ...NO_CAPABILITIES, capabilities: change.capabilities },
        sockets: [socket({ config: own, takeover, status: socketStatus({ takeover }) })],
      });
    }

    it('finds that clients cannot be acted for, as far as the configuration asks for it', () => {
      const asked = facts({ capabilities: LOOKING, socket: { credentials: 'client' } });
      assertFinds(asked, 'problem', 'privileges', /lacks CAP_SETUID and CAP_SETGID: a cannot connect/);
      assertFinds(
        facts({ capabilities: LOOKING }),
        'warning',
        'privileges',
        /in the place of every client \(a\)/,
      );
      const self = facts({ capabilities: LOOKING, socket: { credentials: 'self' } });
      assert.ok(diagnose(self).every(({ state }) => state === 'ok'));
    });

    it('finds that paths cannot be taken over', () => {
      const socket = { takeover: true, listen: undefined, credentials: 'self' };
      const without = facts({ capabilities: LOOKING, socket });
      assertFinds(without, 'problem', 'privileges', /lacks CAP_FOWNER and CAP_CHOWN: the paths of a /);
    });

    it('finds that names stay unknown', () => {
      const acting = (1n << 6n) | (1n << 7n);
      assertFinds(
        facts({ capabilities: acting }),
        'warning',
        'privileges',
        /CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH/,
      );
    });

    it('says that it cannot tell', () => {
      const process = { ...NO_CAPABILITIES, capabilities: undefined };
      assertFinds(healthy({ process }), 'unchecked', 'privileges', /capabilities of the agent$/);
    });
  });

  describe('of open files', () => {
    const facts = (files: number | undefined, connections = 4096) =>
      healthy({
        process: { ...healthy().process, files },
        configuration: loaded(configuration(cleanup, { receiver: { client_limits: { connections } } })),
      });

    it('finds that one client may have more connections than there is room for', () => {
      const { remedy } = assertFinds(
        facts(1024),
        'warning',
        'open files',
        /room for 448 connections .* have 4096$/,
      );
      assert.match(remedy ?? '', /^allow 8320 files/);
      assert.ok(diagnose(facts(8320)).every(({ state }) => state === 'ok'));
      assert.ok(diagnose(facts(1024, 100)).every(({ state }) => state === 'ok'));
    });

    it('finds that no agent could start', () => {
      assertFinds(facts(64), 'problem', 'open files', /at most 64 .* no agent can start/);
    });

    it('says that it cannot tell', () => {
      assertFinds(facts(undefined), 'unchecked', 'open files', /limits$/);
    });
  });
});
