/** An agent that was stopped in good order left an empty folder for every container that was registered. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { pino } from 'pino';
import { Containers } from '../../src/identity/containers.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import { udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { RunningReceiver } from '../../src/service/running-receiver.js';
import { useCleanup } from '../support/cleanup.js';

describe('A receiver that is shut down', () => {
  const cleanup = useCleanup();

  it('leaves no folders of containers', async () => {
    const directory = cleanup.directory();
    const logger = pino({ level: 'silent' });
    const containers = new Containers();
    cleanup.defer(() => containers.close());
    const fatal = (error: unknown) => assert.fail(String(error));
    const running = new RunningReceiver({ id: 'uds', logger, containers, fatal }, new EnrichThread(logger));
    const config = udsReceiverSchema.parse({ threads: 1, containers: { directory: `${directory}/c` } });
    const change = await running.prepare(config, [], undefined);
    await change.commit();
    const sockets = [{ path: '/s', upstream: `${directory}/up.sock` }];
    const unused = {
      attributes: {},
      annotations: {},
      mounts: [],
      bundle: undefined,
      livenessPath: undefined,
    };
    for (const id of ['c1', 'c2'])
      await running.control.containerSockets.register({ id, sockets, ...unused });
    assert.deepEqual(readdirSync(`${directory}/c`), ['c1', 'c2']);
    await running.shutdown(0);
    assert.deepEqual(readdirSync(`${directory}/c`), []);
  });
});
