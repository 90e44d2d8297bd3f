import assert from 'node:assert/strict';
import { FULL } from '../../../../src/receivers/uds/relay/messages.js';
import { useCleanup } from '../../../support/cleanup.js';
import { SteppedRelay, type SteppedRelaySettings } from '../../../support/stepped-relay.js';

const BYTE = Buffer.from('!');

describe('connections that another thread has accepted', () => {
  const cleanup = useCleanup();
  const start = (settings?: SteppedRelaySettings) => new SteppedRelay(cleanup, { threads: 2, ...settings });
  const tryAccept = (relay: SteppedRelay) => relay.upstream.tryAccept(cleanup);
  const typesOf = ({ reports }: SteppedRelay) => reports.map(({ type }) => type);

  it('come in turns with what there is to relay', () => {
    const NEWCOMERS = 8;
    const relay = start();
    function* script() {
      const client = relay.connect();
      yield;
      yield;
      const server = relay.accept();
      for (let i = 0; i < NEWCOMERS; i++) relay.connectBeside();
      for (let i = 0; i < NEWCOMERS; i++) {
        client.send(BYTE);
        yield;
        assert.deepEqual(server.receive(), BYTE);
        assert.ok(tryAccept(relay), `${i} has come`);
        assert.equal(tryAccept(relay), undefined, 'there was something else to do first');
      }
    }
    relay.run(script());
  });

  it('are all there before their listener ends, however many come of others', () => {
    const relay = start();
    function* script() {
      yield;
      const clients = Array.from({ length: 4 }, () => relay.connectBeside());
      relay.command({ type: 'unlisten', listener: 0, isLast: true });
      relay.command({ type: 'last_arrived', listener: 0 });
      yield;
      const servers = clients.map(() => relay.accept());
      assert.ok(!typesOf(relay).includes('ended'));
      for (const end of [...clients, ...servers]) end.close();
      yield;
      yield;
      assert.ok(typesOf(relay).includes('ended'));
    }
    relay.run(script());
  });

  it('are cut with those that are here, once their listener accepts no more', () => {
    const relay = start();
    function* script() {
      yield;
      relay.command({ type: 'unlisten', listener: 0, isLast: true });
      relay.command({ type: 'cut', listener: 0 });
      yield;
      const late = relay.connectBeside();
      yield;
      relay.command({ type: 'last_arrived', listener: 0 });
      yield;
      yield;
      assert.equal(late.receive(), 'EOF');
      assert.ok(typesOf(relay).includes('ended'));
    }
    relay.run(script());
  });

  it('leave their slots to others when they do not come after all', () => {
    const relay = start({ maxConnections: 1 });
    const { homes } = relay;
    const pauses = () => relay.reports.filter(({ type }) => type === 'accepting');
    function* script() {
      yield;
      assert.ok(homes.reserve(0, 1));
      relay.connect();
      yield;
      yield;
      assert.deepEqual(pauses(), [{ type: 'accepting', paused: FULL }]);
      assert.equal(tryAccept(relay), undefined);
      assert.ok(homes.giveUp(0, 1));
      homes.askToLook(0);
      yield;
      yield;
      yield;
      assert.ok(tryAccept(relay));
    }
    relay.run(script());
  });
});
