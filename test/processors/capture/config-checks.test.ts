import assert from 'node:assert/strict';
import { checkCaptureProcessors } from '../../../src/processors/capture/config-checks.js';

const PATH = ['processors', 'capture'];

/** What is found, as `path: message`; keys that are pointed at themselves have a `*`. */
function check(body: unknown): string[] {
  const findings = checkCaptureProcessors([{ path: PATH, body, used: true }]);
  return findings.map(({ path, message, ofKey }) => {
    assert.deepEqual(path.slice(0, PATH.length), PATH);
    return `${path.slice(PATH.length).join('.')}${ofKey === true ? '*' : ''}: ${message}`;
  });
}

describe('checkCaptureProcessors', () => {
  const then = { strategy: 'size_limit', max_bytes: 5 };
  const sound: [string, unknown][] = [
    ['nothing', {}],
    ['size_limit', { max_bytes: 5 }],
    ['size_limit by name', { strategy: 'size_limit', max_bytes: 5 }],
    ['full', { strategy: 'full', tail_bytes: 5, per: 'operation', directions: ['send'], ring_buffer: {} }],
    ['no_data', { strategy: 'no_data' }],
    ['sampling', { strategy: 'sampling', ratio: 0.5, by: 'message', then }],
    ['a module', { strategy: 'module', module: './a.js', options: {} }],
  ];
  for (const [title, body] of sound) {
    it(`finds nothing wrong with ${title}`, () => {
      assert.deepEqual(check(body), []);
    });
  }

  it('misses what a strategy cannot do without', () => {
    assert.deepEqual(check({ strategy: 'sampling' }), ['ratio: is missing; strategy sampling needs it']);
    assert.deepEqual(check({ strategy: 'module' }), ['module: is missing; strategy module needs it']);
  });

  it('finds sampling by message of what is never sampled', () => {
    const sampled = { strategy: 'sampling', ratio: 0.5, directions: ['recv'] };
    const finding =
      'directions: has nothing that is sampled by message, which is what is sent; add send, or give by: connection';
    assert.deepEqual(check(sampled), [finding]);
    assert.deepEqual(check({ ...sampled, by: 'connection' }), []);
    assert.deepEqual(check({ ...sampled, directions: ['send', 'recv'] }), []);
  });

  it('finds keys that do nothing with the strategy', () => {
    assert.deepEqual(check({ ratio: 0.5 }), [
      'ratio*: is a key of strategy sampling and does nothing with size_limit',
    ]);
    assert.deepEqual(
      check({ strategy: 'full', max_bytes: 5, module: './a.js', options: {}, by: 'message' }),
      [
        'max_bytes*: is a key of strategy size_limit and does nothing with full',
        'module*: is a key of strategy module and does nothing with full',
        'options*: is a key of strategy module and does nothing with full',
        'by*: is a key of strategy sampling and does nothing with full',
      ],
    );
    assert.deepEqual(check({ strategy: 'sampling', ratio: 1, max_bytes: 5 }), [
      'max_bytes*: is a key of strategy size_limit and does nothing with sampling',
    ]);
  });

  it('looks at the strategy for what was sampled in the same way', () => {
    const module = { strategy: 'module', max_bytes: 5 };
    const sampling = (then: unknown) => ({ strategy: 'sampling', ratio: 0.5, then });
    assert.deepEqual(check(sampling(module)), [
      'then.module: is missing; strategy module needs it',
      'then.max_bytes*: is a key of strategy size_limit and does nothing with module',
    ]);
  });

  it('leaves to the schema what is no map or no strategy', () => {
    const sampling = (then: unknown) => ({ strategy: 'sampling', ratio: 0.5, then });
    const bodies = [
      null,
      undefined,
      [],
      'text',
      5,
      { strategy: 'none', ratio: 1 },
      { strategy: 5 },
      { strategy: 'toString' },
      { strategy: 'constructor', max_bytes: 1 },
    ];
    for (const body of bodies) assert.deepEqual(check(body), []);
    for (const then of [null, [], 'text', {}, { strategy: 'none' }]) {
      assert.deepEqual(check(sampling(then)), [], JSON.stringify(then));
    }
  });
});
