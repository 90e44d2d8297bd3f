import assert from 'node:assert/strict';
import { diagnose } from '../../../src/cli/doctor/diagnose.js';
import type { ContainerMounts, Facts, SocketFacts } from '../../../src/cli/doctor/facts.js';
import { NO_TRAFFIC } from '../../extensions/control/agent-in-memory.js';
import { useCleanup } from '../../support/cleanup.js';
import { assertFinds, configuration, healthy, loaded, socket, socketStatus } from './facts.js';

describe('udscope doctor, of sockets', () => {
  const cleanup = useCleanup();

  const withSocket = (change: Partial<SocketFacts>, more: Partial<Facts> = {}) =>
    healthy({ sockets: [socket(change)], ...more });

  describe('finds that a service', () => {
    it('is not there, refuses, or is none', () => {
      assertFinds(
        withSocket({ reach: 'absent' }),
        'problem',
        'upstreams',
        /^a: nothing is at \/run\/a\.sock/,
      );
      assertFinds(withSocket({ reach: 'refusing' }), 'problem', 'upstreams', /nobody listens at/);
      assertFinds(withSocket({ reach: 'no socket' }), 'problem', 'upstreams', /is no socket$/);
      assertFinds(withSocket({ reach: 'silent' }), 'problem', 'upstreams', /does not answer$/);
      const reach = { link: '/run/x: a container could have made it' };
      assertFinds(withSocket({ reach }), 'problem', 'upstreams', /is not followed: \/run\/x: a container/);
    });

    it('is in the files of a container, as the agent is', () => {
      assertFinds(withSocket({ reach: 'elsewhere' }), 'unchecked', 'upstreams', /other files than this/);
    });

    it('may not be asked', () => {
      assertFinds(withSocket({ reach: 'forbidden' }), 'unchecked', 'upstreams', /may not connect/);
      assertFinds(withSocket({ reach: 'unknown' }), 'unchecked', 'upstreams', /does not tell/);
    });

    it('is down behind a path that is taken over', () => {
      const status = socketStatus({ takeover: true, appearance: 'absent' });
      assertFinds(
        withSocket({ reach: undefined, takeover: true, status }),
        'problem',
        'upstreams',
        /is down/,
      );
    });

    it('has another type than is configured', () => {
      const typeRefusal = 'is a stream socket, and type: dgram asks for another';
      assertFinds(
        withSocket({ typeRefusal }),
        'problem',
        'upstreams',
        /^a: \/run\/a\.sock is a stream socket/,
      );
    });
  });

  it('finds that something else is in the place of a relay socket', () => {
    const status = socketStatus({ problem: 'a file is there' });
    assertFinds(withSocket({ status }), 'problem', 'upstreams', /do not reach .*: a file is there$/);
  });

  it('finds directories that others can change, and that hold several sockets', () => {
    const exposure = '/srv belongs to user 1000';
    assertFinds(
      withSocket({ exposure }),
      'problem',
      'directories',
      /can replace .*: \/srv belongs to user 1000$/,
    );
    const sockets = [socket({ name: 'a' }), socket({ name: 'b', listen: '/run/udscope/sockets/a/b.sock' })];
    assertFinds(healthy({ sockets }), 'warning', 'directories', /^a, b lie in one directory, /);
  });

  describe('of the control socket', () => {
    it('finds one that is mounted with a relay socket', () => {
      const control = { socket: '/run/udscope/sockets/a/control.sock', allow_in_socket_directory: true };
      const facts = healthy({ configuration: loaded(configuration(cleanup, { control })) });
      const found = diagnose(facts).filter(
        ({ check, state }) => check === 'control socket' && state !== 'ok',
      );
      assert.ok(found.some(({ text }) => /lies in the directory of the listening socket/.test(text)));
      // It was insisted on.
      assert.ok(found.every(({ state }) => state === 'warning'));
    });

    it('finds a container that has it mounted', () => {
      const containers = [{ id: 'c0ffee', pid: 9, stale: [], control: '/host/run' }];
      const facts = healthy({ mounts: { containers, hidden: 0, unseen: [] } });
      assertFinds(facts, 'problem', 'control socket', /^container c0ffee .* below "\/host\/run"/);
    });
  });

  describe('of mounts', () => {
    const stale: ContainerMounts = { id: undefined, pid: 9, stale: ['/s/a.sock'], control: undefined };

    it('finds a file that is not there any more', () => {
      const facts = healthy({ mounts: { containers: [stale], hidden: 0, unseen: [] } });
      assertFinds(facts, 'problem', 'mounts', /^a container \(pid 9\) has a relay socket at "\/s\/a\.sock"/);
    });

    it('says of how many processes it cannot tell', () => {
      const found = diagnose(healthy({ mounts: { containers: [], hidden: 3, unseen: [] } }));
      const unchecked = found.filter(({ state }) => state === 'unchecked').map(({ check }) => check);
      assert.deepEqual(unchecked, ['control socket', 'mounts']);
    });
  });

  describe('of datagrams', () => {
    const datagrams = (counts = socketStatus().counts) =>
      socket({ status: socketStatus({ type: 'dgram', counts }) });

    it('finds that the upstream does not see who sends', () => {
      const process = { ...healthy().process, capabilities: ~(1n << 21n) & ((1n << 41n) - 1n) };
      const facts = healthy({ process, sockets: [datagrams()] });
      assertFinds(facts, 'warning', 'datagrams', /^a: without CAP_SYS_ADMIN/);
    });

    it('does not say so where capabilities are not known', () => {
      const process = { ...healthy().process, capabilities: undefined };
      const found = diagnose(healthy({ process, sockets: [datagrams()] }));
      assert.equal(found.find(({ check }) => check === 'datagrams')?.state, 'unchecked');
    });

    it('finds what was lost', () => {
      const counts = { ...socketStatus().counts, sendOps: 5, errors: 2 };
      assertFinds(healthy({ sockets: [datagrams(counts)] }), 'warning', 'datagrams', /^a: 2 datagrams/);
    });
  });

  describe('of metrics that show nothing', () => {
    const unused = socketStatus({ counts: NO_TRAFFIC, protocols: [] });

    it('finds that no client has connected, and says how one would', () => {
      const { remedy } = assertFinds(
        withSocket({ status: unused }),
        'warning',
        'traffic',
        /^a: no client has ever/,
      );
      assert.match(remedy ?? '', /-v \/run\/udscope\/sockets\/a:\/udscope:ro, .* \/udscope\/a\.sock/);
      const taken = assertFinds(
        withSocket({ status: unused, takeover: true }),
        'warning',
        'traffic',
        /no client/,
      );
      assert.match(taken.remedy ?? '', /^restart containers/);
      const abstract = assertFinds(
        withSocket({ status: unused, listen: '@a' }),
        'warning',
        'traffic',
        /no client/,
      );
      assert.match(abstract.remedy ?? '', /connect to @a/);
    });

    it('expects nothing of the sockets of single containers', () => {
      const facts = withSocket({ status: { ...unused, container: 'c1' } });
      assert.ok(diagnose(facts).every(({ state }) => state === 'ok'));
    });

    it('finds that clients say nothing', () => {
      const status = { ...unused, counts: { ...NO_TRAFFIC, opened: 3 } };
      assertFinds(withSocket({ status }), 'warning', 'traffic', /say anything$/);
    });

    describe('but bytes', () => {
      const status = socketStatus({ protocols: [] });

      it('because nothing decodes', () => {
        const configurationFacts = loaded(configuration(cleanup));
        assertFinds(
          withSocket({ status }, { configuration: configurationFacts }),
          'warning',
          'traffic',
          /no pipeline of uds decodes/,
        );
      });

      it('because the protocol is unknown', () => {
        const processors = { capture: {}, enrich: {} };
        const configurationFacts = loaded(configuration(cleanup, { processors }));
        const facts = withSocket({ status }, { configuration: configurationFacts });
        assertFinds(facts, 'warning', 'traffic', /no request of a protocol/);
      });

      it('unless that is what was asked for', () => {
        const config = configuration(cleanup, { socket: { protocol: 'none' } });
        const [own] = [...config.receivers.values()].flatMap((receiver) => receiver.config.sockets);
        const facts = withSocket({ status, config: own }, { configuration: loaded(config) });
        assert.ok(diagnose(facts).every(({ state }) => state === 'ok'));
      });
    });
  });

  describe('claims nothing that it has not looked at', () => {
    const checks = ['upstreams', 'directories', 'mounts', 'datagrams', 'privileges'];

    it('where nothing tells which sockets there are', () => {
      const facts = healthy({
        agent: { state: 'absent', why: 'no agent answers' },
        configuration: { state: 'mistaken', files: ['a'], mistakes: ['a.yaml:3: no'], unset: [] },
        sockets: [],
      });
      const found = diagnose(facts).filter(({ check }) => checks.includes(check));
      assert.deepEqual(
        found.map(({ state }) => state),
        checks.map(() => 'unchecked'),
      );
    });

    it('of a directory', () => {
      assertFinds(
        withSocket({ unseen: '/srv cannot be looked at: EACCES' }),
        'unchecked',
        'directories',
        /^a: .*EACCES$/,
      );
    });

    it('of mounts', () => {
      const mounts = { containers: [], hidden: 0, unseen: ['not all'] };
      const found = diagnose(healthy({ mounts })).filter(({ state }) => state === 'unchecked');
      assert.deepEqual(
        found.map(({ check, text }) => [check, text]),
        [
          ['control socket', 'not all'],
          ['mounts', 'not all'],
        ],
      );
    });

    it('and names few of any number of mount points, in quotes', () => {
      const stale = Array.from({ length: 100 }, (_, i) => `/x: ok${i}`);
      const containers = [{ id: 'c0ffee', pid: 9, stale, control: undefined }];
      const facts = healthy({ mounts: { containers, hidden: 0, unseen: [] } });
      const { text } = assertFinds(facts, 'problem', 'mounts', /at "\/x: ok0", .* and 95 others that/);
      assert.ok(text.length < 300);
    });
  });
});
