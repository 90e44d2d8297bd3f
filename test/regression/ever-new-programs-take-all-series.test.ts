import assert from 'node:assert/strict';
import { OPENED, SEND_BYTES } from '../../src/receivers/uds/counters.js';
import { AttributedReceiver, exchange } from '../support/attribution/attributed-receiver.js';
import { HOST_CGROUP } from '../support/attribution/fake-processes.js';
import { useCleanup } from '../support/cleanup.js';

const PROGRAMS = 150;
const MAX_SERIES = 100;
const OF_EACH = 50;

describe('a user of the host who connects with ever new programs', () => {
  const cleanup = useCleanup();

  it('is counted in an overflow under his own id, and containers by their names', async () => {
    const agent = new AttributedReceiver(cleanup, { maxSeries: MAX_SERIES, ownerSeries: OF_EACH });
    await agent.serve('a');
    await agent.apply(['a']);
    const connectOnce = async () => exchange(await agent.exchange('a', 'x'), 'yz');
    for (let program = 0; program < PROGRAMS; program++) {
      agent.host.put(HOST_CGROUP, { executable: `/usr/bin/program_${program}` });
      await connectOnce();
    }
    for (let container = 1; container <= 10; container++) {
      agent.host.enter(container);
      await connectOnce();
    }
    const readings = agent.table.readings();
    const overflows = readings.filter(({ series }) => series.attributes['otel.metric.overflow'] === true);
    assert.deepEqual(
      overflows.map(({ series, totals }) => [series.attributes, totals[OPENED], totals[SEND_BYTES]]),
      [
        [
          { 'process.user.id': process.getuid?.(), 'otel.metric.overflow': true },
          PROGRAMS - OF_EACH,
          3 * (PROGRAMS - OF_EACH),
        ],
      ],
    );
    const containers = readings.filter(({ series }) => series.attributes['container.id'] !== undefined);
    assert.deepEqual(
      containers.map(({ totals }) => totals[OPENED]),
      new Array(10).fill(1),
    );
    assert.deepEqual(agent.total(), [3 * (PROGRAMS + 10), PROGRAMS + 10]);
  });
});
