import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Cleanup } from '../../support/cleanup.js';

const CHROMIUM = '/usr/bin/chromium';

/** A page in a real browser, and everything that this had to complain of. */
export class Tab {
  readonly page: Page;
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async open(
    cleanup: Cleanup,
    url: string,
    options: BrowserContextOptions & { readonly script?: string } = {},
  ): Promise<Tab> {
    const { script, ...context } = options;
    // The tests run as root, for whom Chromium has no sandbox.
    const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    cleanup.defer(() => browser.close());
    const page = await browser.newPage(context);
    if (script !== undefined) await page.addInitScript(script);
    const tab = new Tab(page);
    await page.goto(url);
    return tab;
  }

  /** What is alive on its heap, in bytes. */
  async liveBytes(): Promise<number> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    await session.detach();
    return usedSize;
  }

  /** Cells of a table's rows, as they are shown. */
  async rows(caption: string): Promise<string[][]> {
    const rows = this.page.getByRole('region', { name: caption, exact: true }).locator('tbody tr');
    return rows.evaluateAll((all) =>
      all.map((row) => Array.from<{ innerText: string }, string>(row.cells, (cell) => cell.innerText.trim())),
    );
  }
}
