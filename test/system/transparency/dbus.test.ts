import assert from 'node:assert/strict';
import { requireTool } from '../support/requirements.js';
import { startBus } from './message-bus.js';
import { itWorks } from './passage.js';
import { client, PYTHON, program, serve } from './real-program.js';

const TIMES = 20;
/** More than are read one by one in any case, from either end. */
const EARLIER_CALLS = 80;

describe('D-Bus', () => {
  requireTool('dbus-daemon', 'apt-get install dbus');
  requireTool('busctl', 'apt-get install systemd');
  requireTool(PYTHON.slice('/usr/bin/'.length), 'apt-get install python3-dbus python3-gi');

  itWorks('carries descriptors from client to service and back', async (passage, cleanup) => {
    const address = await startBus(passage, cleanup);
    const service = await serve(cleanup, PYTHON, [program('dbus_service.py'), address]);
    await service.waitForOutput('ready');
    const said = await client(PYTHON, [program('dbus_client.py'), address, `${TIMES}`]);
    const expected = Array.from({ length: TIMES }, (_, i) => [
      `from the client ${i}`,
      `from the service ${i}`,
    ]);
    assert.deepEqual(said.trim().split('\n'), expected.flat());
    // Each goes to the bus, which hands it on: once sent and once received for each.
    await passage.assertBooks({
      connections: 2,
      sentDescriptors: 2 * TIMES,
      receivedDescriptors: 2 * TIMES,
    });
  });

  itWorks('gives GDBus its first descriptor late, right behind a signal,', async (passage, cleanup) => {
    const address = await startBus(passage, cleanup);
    // The service is directly on the bus: only the client passes one through the relay.
    const service = await serve(cleanup, PYTHON, [
      program('gdbus_service.py'),
      `unix:path=${passage.upstream}`,
    ]);
    await service.waitForOutput('ready');
    const said = await client(PYTHON, [program('gdbus_client.py'), address, `${EARLIER_CALLS}`]);
    assert.equal(said, 'given\n');
    await passage.assertBooks({ connections: 1, sentDescriptors: 0, receivedDescriptors: 1 });
  });

  itWorks('lets busctl take a descriptor', async (passage, cleanup) => {
    const address = await startBus(passage, cleanup);
    const service = await serve(cleanup, PYTHON, [program('dbus_service.py'), address]);
    await service.waitForOutput('ready');
    const name = 'org.example.Descriptors';
    const call = [`--address=${address}`, 'call', name, '/', name, 'Give', 's', 'text'];
    assert.match(await client('busctl', call), /^h \d+\n$/);
    await passage.assertBooks({ connections: 2, sentDescriptors: 1, receivedDescriptors: 1 });
  });
});
