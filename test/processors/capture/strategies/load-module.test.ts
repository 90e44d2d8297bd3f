import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { captureSettings } from '../../../../src/processors/capture/settings-of.js';
import { loadStrategy } from '../../../../src/processors/capture/strategies/load-module.js';
import { StrategyError } from '../../../../src/processors/capture/strategies/module-strategy.js';
import { moduleIn } from '../../../../src/processors/capture/strategies/settings.js';
import { SEND } from '../../../../src/protocols/direction.js';
import { useCleanup } from '../../../support/cleanup.js';
import { configOf } from '../config-of.js';

const PLENTY_MS = 10_000;

describe('loadStrategy', () => {
  const cleanup = useCleanup();

  /** The settings that a configuration with that module makes. */
  function settingsOf(file: string, options = {}) {
    const config = configOf({ strategy: 'module', module: file, options });
    const settings = captureSettings('capture', config, undefined);
    return (settings && moduleIn(settings.strategy)) ?? assert.fail('no module in the settings');
  }

  function write(source: string): string {
    const file = `${cleanup.directory()}/strategy.mjs`;
    writeFileSync(file, source);
    return file;
  }

  it('loads a module and gives it its options', async () => {
    const file = write('export default ({ bytes }) => ({ keep: () => bytes });');
    const strategy = await loadStrategy(settingsOf(file, { bytes: 99 }));
    assert.equal(strategy.keep(1000, SEND, 0), 99);
  });

  it('loads a module again when it has changed, as long or not', async () => {
    const file = write('export default () => ({ keep: () => 1 });');
    const first = await loadStrategy(settingsOf(file));
    writeFileSync(file, 'export default () => ({ keep: () => 2 });');
    // As if it were written later: the clock of a file system may stand still between two writes.
    utimesSync(file, 2_000_000_000, 2_000_000_000);
    const second = await loadStrategy(settingsOf(file));
    writeFileSync(file, 'export default () => ({ keep: () => 345 });');
    const third = await loadStrategy(settingsOf(file));
    assert.deepEqual(
      [first, second, third].map((strategy) => strategy.keep(9, SEND, 0)),
      [1, 2, 345],
    );
  });

  it('loads a module whose name is not that of a URL', async () => {
    const file = `${cleanup.directory()}/a b#c?%20.mjs`;
    writeFileSync(file, 'export default () => ({ keep: () => 7 });');
    assert.equal((await loadStrategy(settingsOf(file))).keep(9, SEND, 0), 7);
  });

  const broken: [string, string, RegExp][] = [
    ['has no default export', 'export const keep = () => 1;', /has no default export/],
    ['has one that is no function', 'export default { keep: () => 1 };', /has no default export/],
    ['makes no strategy', 'export default () => 5;', /its default export returned number 5/],
    [
      'is asynchronous',
      'export default async () => ({ keep: () => 1 });',
      /returned object \[object Promise\]/,
    ],
    ['throws when it makes one', 'export default () => { throw new Error("no"); };', /threw Error: no/],
    ['throws when it is loaded', 'throw new Error("at once");', /cannot be loaded: Error: at once/],
    ['throws no error', 'throw Object.create(null);', /cannot be loaded: a object/],
    ['is no JavaScript', 'export default (=>', /cannot be loaded: SyntaxError: /],
    ['imports what is not there', 'import "./none.mjs";', /cannot be loaded: Error: Cannot find module/],
    [
      'has traps',
      'export default () => ({ get keep() { throw new Error("trap"); } });',
      /cannot be loaded: Error: trap/,
    ],
  ];
  for (const [title, source, expected] of broken) {
    it(`names the file of a module that ${title}`, async () => {
      await assertFault(write(source), expected);
    });
  }

  it('names the file of a module that is not there', async () => {
    await assertFault(`${cleanup.directory()}/none.mjs`, /cannot be loaded: Error: Cannot find module/);
  });

  it('gives up a module that waits for ever', async () => {
    await assertFault(write('await new Promise(() => {});'), /is not loaded after 20 ms$/, 20);
  });

  async function assertFault(file: string, expected: RegExp, withinMs = PLENTY_MS): Promise<void> {
    await assert.rejects(loadStrategy(settingsOf(file), withinMs), (error) => {
      assert.ok(error instanceof StrategyError);
      assert.equal(error.file, file);
      assert.ok(error.message.startsWith(`${file}: `), error.message);
      assert.match(error.message, expected);
      return true;
    });
  }
});
