import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { captureSettings } from '../../../src/processors/capture/settings-of.js';
import type { StrategySettings } from '../../../src/processors/capture/strategies/settings.js';
import { PROTOCOL_NAMES } from '../../../src/protocols/names.js';
import { useCleanup } from '../../support/cleanup.js';
import { configOf } from './config-of.js';

const FILE = '/etc/udscope/otel-config.yaml';

function settingsOf(body: unknown, file: string | undefined = FILE) {
  return captureSettings('capture/a', configOf(body), file);
}

function strategyOf(body: unknown, file?: string): StrategySettings | undefined {
  return settingsOf(body, file)?.strategy;
}

function moduleOf(body: unknown, file?: string) {
  const strategy = strategyOf(body, file);
  const module = strategy?.type === 'sampling' ? strategy.then : strategy;
  assert.ok(module?.type === 'module');
  return module;
}

describe('captureSettings', () => {
  const cleanup = useCleanup();

  it('takes over what relay threads need to know', () => {
    const body = {
      tail_bytes: 64,
      per: 'operation',
      directions: ['recv'],
      ring_buffer: { entries: 16, max_bytes: '1MiB' },
    };
    assert.deepEqual(settingsOf(body), {
      strategy: { type: 'size_limit', maxBytes: 512 },
      protocols: PROTOCOL_NAMES,
      per: 'operation',
      directions: ['recv'],
      tailBytes: 64,
      ring: { id: 'capture/a', entries: 16, maxBytes: 2 ** 20 },
    });
  });

  it('makes a limit of size_limit and of full', () => {
    assert.deepEqual(strategyOf({ max_bytes: 5 }), { type: 'size_limit', maxBytes: 5 });
    assert.deepEqual(strategyOf({ strategy: 'full' }), { type: 'size_limit', maxBytes: Infinity });
  });

  it('is undefined when nothing is captured', () => {
    assert.equal(settingsOf({ strategy: 'no_data' }), undefined);
    assert.equal(settingsOf({ strategy: 'sampling', ratio: 0 }), undefined);
    const then = { strategy: 'no_data' };
    assert.equal(settingsOf({ strategy: 'sampling', ratio: 1, then }), undefined);
  });

  it('samples messages and keeps 512 bytes of them unless it is told otherwise', () => {
    const found = strategyOf({ strategy: 'sampling', ratio: 0.5 });
    const then = { type: 'size_limit', maxBytes: 512 };
    assert.deepEqual(found, { type: 'sampling', ratio: 0.5, by: 'message', then });
  });

  it('samples as it is told', () => {
    const body = { strategy: 'sampling', ratio: 0.1, by: 'connection' };
    const full = { strategy: 'full' };
    const found = strategyOf(withThen(body, full));
    const then = { type: 'size_limit', maxBytes: Infinity };
    assert.deepEqual(found, { type: 'sampling', ratio: 0.1, by: 'connection', then });
    const limit = strategyOf(withThen(body, { strategy: 'size_limit' }));
    assert.ok(limit?.type === 'sampling');
    assert.deepEqual(limit.then, { type: 'size_limit', maxBytes: 512 });
  });

  it('looks for a module from the file that names it', () => {
    const body = { strategy: 'module', module: './strategies/a b.js', options: { a: 1 } };
    const module = moduleOf(body);
    assert.equal(module.file, '/etc/udscope/strategies/a b.js');
    assert.equal(fileURLToPath(module.url), module.file);
    assert.deepEqual(module.options, { a: 1 });
    assert.equal(moduleOf({ strategy: 'module', module: '/opt/a.js' }).file, '/opt/a.js');
  });

  it('looks for a module from the working directory when no file names it', () => {
    const settings = captureSettings('capture', configOf({ strategy: 'module', module: 'a.js' }), undefined);
    assert.ok(settings?.strategy.type === 'module');
    assert.equal(settings.strategy.file, `${process.cwd()}/a.js`);
    assert.deepEqual(settings.strategy.options, {});
  });

  it('looks for the module of what was sampled too', () => {
    const then = { strategy: 'module', module: 'b.js', options: { b: 2 } };
    const module = moduleOf({ strategy: 'sampling', ratio: 0.5, then });
    assert.deepEqual([module.file, module.options], ['/etc/udscope/b.js', { b: 2 }]);
  });

  it('gives a module that has changed another URL', () => {
    const file = `${cleanup.directory()}/a.js`;
    const body = { strategy: 'module', module: file };
    writeFileSync(file, 'one');
    const first = moduleOf(body).url;
    assert.equal(moduleOf(body).url, first);
    writeFileSync(file, 'longer');
    assert.notEqual(moduleOf(body).url, first);
    assert.equal(fileURLToPath(moduleOf(body).url), file);
  });
});

function withThen(body: object, then: unknown): unknown {
  return { ...body, then };
}
