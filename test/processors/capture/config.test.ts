import assert from 'node:assert/strict';
import { captureProcessorSchema } from '../../../src/processors/capture/config.js';
import { configOf } from './config-of.js';

const MIB = 2 ** 20;

describe('captureProcessorSchema', () => {
  it('has a default for everything that is needed', () => {
    assert.deepEqual(configOf({}), {
      strategy: 'size_limit',
      tail_bytes: 256,
      per: 'message',
      directions: ['send', 'recv'],
      ring_buffer: { entries: 4096, max_bytes: 4 * MIB },
    });
  });

  it('takes every key', () => {
    const then = { strategy: 'size_limit', max_bytes: '1KiB' };
    const body = {
      strategy: 'sampling',
      ratio: 0.25,
      by: 'connection',
      then,
      tail_bytes: '64',
      per: 'operation',
      directions: ['recv', 'send'],
      ring_buffer: { entries: 2, max_bytes: '64KiB' },
    };
    const config = configOf(body);
    assert.deepEqual(config.then, { ...then, max_bytes: 1024 });
    assert.deepEqual(config.ring_buffer, { entries: 2, max_bytes: 65_536 });
    assert.deepEqual([config.ratio, config.by, config.tail_bytes], [0.25, 'connection', 64]);
    assert.deepEqual([config.per, config.directions], ['operation', ['recv', 'send']]);
  });

  it('gives a module whatever options it has', () => {
    const options = { threshold: 5, nested: { list: [1, 'two', null] } };
    assert.deepEqual(configOf({ strategy: 'module', module: './a.js', options }).options, options);
  });

  const limits: [string, (value: unknown) => unknown, unknown[], unknown[]][] = [
    ['ratio', (ratio) => ({ ratio }), [0, 0.5, 1], [-0.1, 1.01, NaN, Infinity, '0.5', null, true]],
    ['max_bytes', (max_bytes) => ({ max_bytes }), [1, '64MiB'], [0, '65MiB', -1, 1.5, '1kb', null]],
    ['tail_bytes', (tail_bytes) => ({ tail_bytes }), [0, '64KiB'], ['65KiB', -1]],
    ['per', (per) => ({ per }), ['message', 'operation'], ['call', '', 1]],
    [
      'directions',
      (directions) => ({ directions }),
      [['send'], ['recv'], ['recv', 'send']],
      [[], ['send', 'send'], ['up'], 'send', [['send']], {}],
    ],
    ['strategy', (strategy) => ({ strategy }), ['full', 'no_data', 'module'], ['none', 'Full', 1]],
    ['by', (by) => ({ by }), ['message', 'connection'], ['call']],
    ['entries', (entries) => ({ ring_buffer: { entries } }), [2, 1024, MIB], [0, 1, 1.5, MIB + 1, '1024']],
    [
      'ring max_bytes',
      (max_bytes) => ({ ring_buffer: { max_bytes } }),
      ['64KiB', '1GiB'],
      ['63KiB', '1025MiB', 0],
    ],
    ['options', (options) => ({ options }), [{}, { a: [] }], [[], 'text', 5]],
    ['module', (module) => ({ module }), ['./a.js'], [5, []]],
  ];
  for (const [title, bodyOf, accepted, refused] of limits) {
    it(`has limits for ${title}`, () => {
      for (const value of accepted) {
        assert.ok(captureProcessorSchema.safeParse(bodyOf(value)).success, JSON.stringify(value));
      }
      for (const value of refused) {
        assert.ok(!captureProcessorSchema.safeParse(bodyOf(value)).success, JSON.stringify(value));
      }
    });
  }

  it('does not sample twice', () => {
    const then = { strategy: 'sampling', ratio: 0.5 };
    assert.ok(!captureProcessorSchema.safeParse({ strategy: 'sampling', ratio: 0.5, then }).success);
  });

  it('knows no other keys, at any level', () => {
    const then = { strategy: 'full', maxBytes: 5 };
    for (const body of [{ max_byte: 5 }, { ring_buffer: { size: 5 } }, { strategy: 'sampling', then }]) {
      assert.ok(!captureProcessorSchema.safeParse(body).success, JSON.stringify(body));
    }
  });
});
