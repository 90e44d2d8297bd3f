/** The dashboard in a real Chromium, with a real agent and what real clients do. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { historySchema } from '../../src/api/history/schema.js';
import { Agent } from '../support/agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { isListening } from '../support/listening.js';
import { waitFor } from '../support/process.js';
import { Tab } from './support/browser.js';
import { CONTRAST_MISTAKES } from './support/contrast.js';
import { requireTool } from './support/requirements.js';

const IMAGE = '<img src=x onerror=document.title="gotcha">';
const HOSTILE = [
  IMAGE,
  '"><script>document.title="gotcha"</script>',
  '\u202ereversed\u202c',
  'long'.repeat(2500),
  '\u0000\u001b[31m',
  'javascript:alert(1)',
  "'; drop table",
];

describe('the dashboard', () => {
  const cleanup = useCleanup();
  let agent: Agent;
  let url: string;

  requireTool('chromium', 'apt-get install chromium');
  requireTool('redis-server', 'apt-get install redis-server');

  beforeEach(async () => {
    agent = new Agent(cleanup);
    const directory = agent.directory;
    const redis = spawn('redis-server', ['--port', '0', '--unixsocket', `${directory}/redis`, '--save', ''], {
      cwd: directory,
      stdio: 'ignore',
    });
    cleanup.defer(() => redis.kill());
    await waitFor('redis listens', () => isListening(`${directory}/redis`));
    await LineService.listen(cleanup, `${directory}/rpc`);
    await agent.startWith(configuration());
    url = dashboardUrl();
  });

  const relay = (name: string) => `${agent.directory}/s/${name}/${name}.sock`;

  function configuration(port = 0) {
    const { directory } = agent;
    return {
      receivers: {
        uds: {
          threads: 1,
          sockets: [
            {
              ...{ name: 'cache', listen: relay('cache'), upstream: `${directory}/redis` },
              container: { id: 'c0ffee01', name: 'shop' },
            },
            {
              ...{ name: 'rpc', listen: relay('rpc'), upstream: `${directory}/rpc` },
              container: { id: 'bad00001', name: IMAGE },
            },
          ],
        },
      },
      processors: { capture: { strategy: 'full' }, enrich: {} },
      exporters: {
        prometheus: { endpoint: 'localhost:0' },
        otlphttp: { endpoint: 'http://localhost:1', headers: { authorization: 'Bearer s3cret' } },
      },
      extensions: { dashboard: { endpoint: `localhost:${port}` } },
      service: {
        extensions: ['dashboard'],
        pipelines: {
          metrics: {
            receivers: ['uds'],
            processors: ['capture', 'enrich'],
            exporters: ['prometheus', 'otlphttp'],
          },
        },
      },
    };
  }

  function dashboardUrl(): string {
    const found = agent.process.output
      .match(/dashboard at (http:\S+)/g)
      ?.at(-1)
      ?.replace('dashboard at ', '');
    return found ?? assert.fail(agent.process.describe());
  }

  /** Has a client of others call, and returns what it was told. */
  const redis = (...command: string[]) =>
    execFileSync('redis-cli', ['-s', relay('cache'), ...command], { encoding: 'utf8' }).trim();

  /** Calls by JSON-RPC; resolves when all are answered. */
  async function call(methods: readonly string[]): Promise<void> {
    const client = await LineClient.connect(cleanup, relay('rpc'));
    await client.call(...methods);
    await client.close();
  }

  it('shows what clients have done, from all of it down to a call, with the keyboard alone', async () => {
    for (let i = 0; i < 7; i++) assert.equal(redis('set', `key${i}`, 'value'), 'OK');
    for (let i = 0; i < 3; i++) redis('lpush', 'key1', 'x');
    const tab = await Tab.open(cleanup, url);
    const { page } = tab;
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    const shown = async (caption: string, name: string, column: number) => {
      const rows = await tab.rows(caption);
      return rows.find(([first]) => first?.split('\n')[0] === name)?.[column];
    };
    await waitFor('the calls are there', async () => (await shown('Methods', 'SET', 3)) === '7');
    assert.equal(await shown('Methods', 'LPUSH', 3), '3');
    assert.match((await shown('Methods', 'LPUSH', 5)) ?? '', /^3 100%$/);
    await page.locator('body').press('Tab');
    await page.keyboard.press('Enter');
    const link = page
      .getByRole('region', { name: 'Methods', exact: true })
      .getByRole('link', { name: 'SET' });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'SET', level: 1 }).waitFor();
    assert.match(page.url(), /container=c0ffee01&socket=cache&protocol=redis&method=SET$/);
    const calls = page.getByRole('list', { name: 'Last calls' }).getByRole('button');
    await waitFor('its calls are there', async () => (await calls.count()) === 7);
    await calls.first().press('Enter');
    await page.getByText('c0ffee01').first().waitFor();
    await page.getByRole('link', { name: 'shop' }).press('Enter');
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    assert.deepEqual(tab.complaints, []);
  });

  it('has what clients did in the history, which it draws', async () => {
    const { page, complaints } = await Tab.open(cleanup, url);
    const client = await LineClient.connect(cleanup, relay('rpc'));
    const requests = client.requests(Array.from({ length: 100 }, () => 'eth_call'));
    client.write(requests);
    await client.answered(100);
    const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    await waitFor('the history has all of it', async () => {
      const answer = await (await fetch(`${url}v1/history?container=bad00001`)).json();
      const [line] = historySchema.parse(answer).lines;
      return (
        line !== undefined &&
        sumOf(line.calls) === 100 &&
        sumOf(line.sendBytes) === Buffer.byteLength(requests)
      );
    });
    await page.getByRole('figure', { name: /^bytes of the last hour/ }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows any name as text', async () => {
    await call(HOSTILE);
    const { page, complaints } = await Tab.open(cleanup, url);
    for (const view of ['overview', 'methods', 'map', 'live']) {
      await page.goto(`${url}#/${view}`);
      await waitFor(`${view} has the names`, async () => {
        const text = await page.locator('main').textContent();
        return text?.includes(view === 'map' ? '<img src=x' : IMAGE) === true;
      });
      assert.equal(await page.locator('img').count(), 1, 'that of the brand');
      assert.equal(await page.locator('main script').count(), 0);
      assert.doesNotMatch(await page.title(), /gotcha/);
      const text = (await page.locator('body').textContent()) ?? '';
      for (const mark of ['\u202e', '\u202c', '\u0000', '\u001b']) assert.ok(!text.includes(mark), view);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, view);
    }
    assert.deepEqual(complaints, []);
  });

  it('has a configuration without secrets, and says which exporter fails', async () => {
    const { page, complaints } = await Tab.open(cleanup, `${url}#/configuration`);
    await page.getByText('authorization:').waitFor();
    assert.doesNotMatch((await page.locator('body').textContent()) ?? '', /s3cret/);
    await page.goto(`${url}#/health`);
    await page.getByRole('region', { name: 'Exporters' }).first().waitFor();
    assert.deepEqual(complaints, []);
  });

  it('says when the agent is lost, and goes on when it is back', async () => {
    const { page } = await Tab.open(cleanup, url);
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await agent.process.kill();
    await page.getByText('Lost connection to the agent').waitFor();
    await agent.startWith(configuration(Number(new URL(url).port)));
    await page.getByText('Lost connection to the agent').waitFor({ state: 'detached' });
    redis('ping');
    await page.getByRole('link', { name: 'PING' }).first().waitFor();
  });

  it('filters, pauses and bounds the live stream', async () => {
    const { page, complaints } = await Tab.open(cleanup, `${url}#/live`);
    await page.getByText('No calls yet').waitFor();
    await call(Array.from({ length: 2000 }, (_, i) => `method${i % 10}`));
    const rows = page.getByRole('list', { name: /^Calls/ }).getByRole('button');
    await waitFor('rows are there', async () => (await rows.count()) > 200);
    assert.ok((await rows.count()) <= 300);
    await page.getByRole('button', { name: 'Pause' }).click();
    await call(['while_paused']);
    await page.getByRole('button', { name: 'Go on (1 new)' }).waitFor();
    assert.equal(await page.getByText('while_paused').count(), 0);
    await page.getByRole('button', { name: /Go on/ }).click();
    await page.getByText('while_paused').waitFor();
    await page.getByLabel('Method').fill('failing*');
    await page.getByText('No call matches so far').waitFor();
    await call(['failing', 'other']);
    await page.getByText('-32000').waitFor();
    assert.equal(await rows.count(), 1);
    assert.deepEqual(complaints, []);
  });

  it('can be left open for days', async () => {
    // As many polls in a minute as there are in hours.
    const script = 'const wait = setTimeout; window.setTimeout = (f, ms) => wait(f, Math.min(ms, 20));';
    await call(Array.from({ length: 50 }, (_, i) => `method${i}`));
    const tab = await Tab.open(cleanup, url, { script });
    let polls = 0;
    tab.page.on('request', (request) => {
      if (request.url().endsWith('/v1/status')) polls++;
    });
    await waitFor('it has settled', () => polls > 150, { timeoutMs: 60_000 });
    const before = await tab.liveBytes();
    const [polled] = [polls];
    await waitFor('it has polled on', () => polls > polled + 300, { timeoutMs: 60_000 });
    const grown = (await tab.liveBytes()) - before;
    assert.ok(grown < 1_000_000, `its heap has grown by ${grown} bytes in ${polls - polled} polls`);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be read, and names its controls (${colorScheme})`, async () => {
      redis('set', 'a', 'b');
      await call(['failing', 'fine']);
      const { page } = await Tab.open(cleanup, url, { colorScheme });
      for (const view of ['overview', 'methods', 'map', 'live', 'health', 'configuration']) {
        await page.goto(`${url}#/${view}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await waitFor('it is loaded', async () => (await page.locator('.loading').count()) === 0);
        assert.deepEqual(await page.evaluate(CONTRAST_MISTAKES), [], view);
        await page.evaluate("document.documentElement.style.setProperty('--muted', '#777')");
        assert.notDeepEqual(await page.evaluate(CONTRAST_MISTAKES), [], 'grey on any ground');
        await page.evaluate("document.documentElement.style.removeProperty('--muted')");
        const controls = page.locator('input, select, button');
        const unnamed = await controls.evaluateAll(
          (all) => all.filter((each) => ((each.labels?.[0] ?? each).innerText ?? '').trim() === '').length,
        );
        assert.equal(unnamed, 0, view);
      }
    });
  }

  it('fits a telephone', async () => {
    await call(['eth_call']);
    const { page } = await Tab.open(cleanup, url, { viewport: { width: 360, height: 740 } });
    for (const view of ['overview', 'methods', 'map', 'live', 'health', 'configuration']) {
      await page.goto(`${url}#/${view}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await waitFor('it is loaded', async () => (await page.locator('.loading').count()) === 0);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, view);
    }
  });
});
