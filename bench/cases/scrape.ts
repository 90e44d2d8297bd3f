import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { execPath, pid } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.js';
import { program, Running } from '../contestants/process.js';
import type { ScrapedRelayMessage } from '../relays/udscope-scraped.js';
import type { Case, Sample, Subject } from './case.js';

const MS_A_SECOND = 1000;
const NS_A_US = 1000;

/** As many as `relays/udscope-scraped.ts` has. */
const SERIES = 10_000;

/**
 * One client and its server share one processor with the relay thread; the main thread of udscope and this
 * process, which scrapes without a pause, have the other one. The first subject is the relay left
 * alone, the second the same relay while it is scraped.
 */
export const scrape: Case = {
  name: `scrape-${SERIES}`,
  title: `request/response, 1 connection, 128 bytes, while ${SERIES} series are scraped without a pause`,
  figures: [
    { key: 'p50Us', title: 'p50 us', digits: 1 },
    { key: 'p99Us', title: 'p99 us', digits: 1 },
    { key: 'scrapeMs', title: 'ms a scrape', digits: 0 },
    { key: 'roundTripsPerS', title: 'round trips/s', digits: 0 },
  ],
  prepare,
};

interface ScrapedRelay {
  running: Running;
  url: string;
  connectPath: string;
  servePath: string;
}

async function prepare(bench: Bench): Promise<Subject[]> {
  const { load, relay: other } = bench.placement;
  // Without two processors to choose from there is no free one to scrape on.
  if (load === undefined || other === undefined) return [];
  execFileSync(program('taskset'), ['-a', '-p', '-c', String(other), String(pid)]);
  const relay = await startScrapedRelay(bench, load, other);
  return [
    { name: 'udscope', measure: () => measure(bench, relay), stop: async () => {} },
    {
      name: 'udscope, scraped',
      measure: () => measureScraped(bench, relay),
      stop: () => relay.running.stop(),
    },
  ];
}

async function startScrapedRelay(bench: Bench, load: number, other: number): Promise<ScrapedRelay> {
  const directory = mkdtempSync(join(bench.directory, 'scrape-'));
  const connectPath = join(directory, 'relay.sock');
  const servePath = join(directory, 'upstream.sock');
  const script = fileURLToPath(new URL('../relays/udscope-scraped.js', import.meta.url));
  const command = [execPath, script, connectPath, servePath, String(load), String(other)];
  const running = new Running(command, other, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const message = once(running.child, 'message') as Promise<[ScrapedRelayMessage]>;
  const [{ url }] = await Promise.race([message, running.failure()]);
  return { running, url, connectPath, servePath };
}

async function measure(bench: Bench, { running, connectPath, servePath }: ScrapedRelay): Promise<Sample> {
  const route = { connectPath, servePath, relayPid: running.pid };
  const size = { connections: 1, messageBytes: 128 };
  const result = await bench.load.run({
    type: 'echo',
    content: 'random',
    ...size,
    ...route,
    ...bench.conditions,
  });
  return {
    p50Us: result.latencyP50Ns / NS_A_US,
    p99Us: result.latencyP99Ns / NS_A_US,
    roundTripsPerS: (result.roundTrips * MS_A_SECOND) / result.usage.elapsedMs,
  };
}

async function measureScraped(bench: Bench, relay: ScrapedRelay): Promise<Sample> {
  let done = false;
  let scrapes = 0;
  const startMs = performance.now();
  const scraping = (async () => {
    while (!done) {
      const text = await (await fetch(relay.url)).text();
      if (text.split('uds_send_bytes_total{').length <= SERIES) throw new Error('a scrape lacks series');
      scrapes++;
    }
    return (performance.now() - startMs) / scrapes;
  })();
  const sample = await measure(bench, relay);
  done = true;
  return { ...sample, scrapeMs: await scraping };
}
