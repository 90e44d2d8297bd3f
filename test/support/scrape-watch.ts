import { setTimeout as sleep } from 'node:timers/promises';
import { type Family, parsePrometheusText } from './prometheus-text.js';

const INTERVAL_MS = 50;

/** Kinds of samples that may fall. */
const FALLING: readonly (string | undefined)[] = ['gauge', 'untyped'];

/** Scrapes again and again, and remembers what a scraper must never see: a failed scrape, or a counter that has fallen. */
export class ScrapeWatch {
  readonly failures: string[] = [];
  scrapes = 0;
  readonly #url: string;
  readonly #last = new Map<string, number>();
  #isStopping = false;
  readonly #done: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#done;
  }

  /** The sum of a metric over all series with these labels, as it is now. `suffix`: of a histogram. */
  async sum(name: string, labels: Readonly<Record<string, string>> = {}, suffix?: string): Promise<number> {
    const samples = (await this.#scrape()).get(name)?.samples ?? [];
    return samples
      .filter((sample) => sample.suffix === suffix)
      .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        this.#compare(await this.#scrape());
      } catch (error) {
        this.failures.push(`scrape ${this.scrapes}: ${(error as Error).cause ?? error}`);
        return;
      }
      this.scrapes++;
      await sleep(INTERVAL_MS);
    }
  }

  async #scrape(): Promise<Map<string, Family>> {
    const response = await fetch(this.#url, { headers: { connection: 'close' } });
    return parsePrometheusText(await response.text());
  }

  #compare(families: ReadonlyMap<string, Family>): void {
    for (const { name, type, samples } of families.values()) {
      if (FALLING.includes(type)) continue;
      for (const { suffix = '', labels, value } of samples) {
        const key = `${name}${suffix}${JSON.stringify(labels)}`;
        const last = this.#last.get(key) ?? 0;
        if (value < last) this.failures.push(`scrape ${this.scrapes}: ${key} fell from ${last} to ${value}`);
        this.#last.set(key, value);
      }
    }
  }
}
