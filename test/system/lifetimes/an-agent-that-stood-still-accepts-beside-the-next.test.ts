import assert from 'node:assert/strict';
import { kill } from 'node:process';
import { attempt } from '../../../src/values/attempt.js';
import { useCleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { ScrapeWatch } from '../../support/scrape-watch.js';
import { childrenOf, Supervised } from '../../support/supervised.js';
import { EchoClient } from '../../support/udscope.js';

const METRICS_URL = /http:\/\/[^\s/]+\/metrics/;
const BYTES = 100;

describe('an agent that stands still while another takes over', () => {
  const cleanup = useCleanup();

  it('hinders nobody, and accepts nothing any more when it goes on', async function () {
    this.timeout(60_000);
    const supervised = await Supervised.prepare(cleanup);
    const pid = await supervised.startReady({ options: ['--no-standby'] });
    const first = await EchoClient.connect(supervised.listen);
    await first.roundTrip(BYTES);
    const watched = new ScrapeWatch(METRICS_URL.exec(supervised.process.output)?.[0] ?? '');
    await watched.stop();
    kill(pid, 'SIGSTOP');
    cleanup.defer(() => void attempt(() => kill(pid, 'SIGCONT')));
    kill(supervised.process.pid, 'SIGUSR2');
    await supervised.readyAgent(2);
    assert.match(supervised.process.output, new RegExp(`pid ${pid}\\) does not answer`));
    // Also those that wait in the backlog of the same listening sockets.
    const second = await EchoClient.connect(supervised.listen);
    await second.roundTrip(BYTES);
    assert.equal(await watched.sum('uds_connections_active'), 1);
    kill(pid, 'SIGCONT');
    await waitFor('the former agent to be counted', async () => {
      return (await watched.sum('uds_connections_active')) === 2;
    });
    await first.roundTrip(BYTES);
    assert.equal(await watched.sum('uds_send_bytes_total'), 2 * BYTES);
    await first.close();
    await waitFor('it to end', () => !childrenOf(supervised.process.pid).includes(pid));
    assert.equal(await watched.sum('uds_connections_active'), 1);
    await second.roundTrip(BYTES);
  });
});
