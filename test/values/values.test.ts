import assert from 'node:assert/strict';
import { parseDuration } from '../../src/values/duration.js';
import { parseEndpoint, parseHttpOrUnixUrl } from '../../src/values/endpoint.js';
import type { Parsed } from '../../src/values/parsed.js';
import { formatSize, parseSize } from '../../src/values/size.js';
import { parseSocketPath } from '../../src/values/socket-path.js';

function accepted<T>(parsed: Parsed<T>): T {
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.refusal);
  return parsed.value;
}

function refused(parsed: Parsed<unknown>): string {
  assert.ok(!parsed.ok, 'it was accepted');
  return parsed.refusal;
}

describe('parseDuration', () => {
  const durations: [unknown, number][] = [
    ['250ms', 250],
    ['5s', 5000],
    ['1m', 60_000],
    ['1h', 3_600_000],
    ['1m30s', 90_000],
    ['1h2m3s4ms', 3_723_004],
    ['90m', 5_400_000],
    ['0s', 0],
    [0, 0],
    ['2147483647ms', 2_147_483_647],
  ];
  for (const [input, ms] of durations) {
    it(`reads ${input} as ${ms} ms`, () => assert.equal(accepted(parseDuration(input)), ms));
  }

  it('refuses missing or other units, fractions, signs, spaces and another order', () => {
    const inputs = [
      '',
      's',
      '5 s',
      '1d',
      '5us',
      '1.5s',
      '-5s',
      '+5s',
      '5S',
      '30s1m',
      '1s1s',
      '5s ',
      null,
      true,
      [],
      {},
    ];
    for (const input of inputs) assert.match(refused(parseDuration(input)), /^is not a duration; give /);
  });

  it('explains units', () => {
    for (const input of [30, '30']) {
      assert.equal(refused(parseDuration(input)), 'is not a duration; it has no unit: write 30s or 30ms');
    }
    for (const input of [-1, 0.5]) assert.match(refused(parseDuration(input)), /^is not a duration; give /);
  });

  it('refuses durations that are too long for a timer', () => {
    assert.equal(refused(parseDuration('2147483648ms')), 'is too long; give at most 596h');
    assert.equal(refused(parseDuration(`${'9'.repeat(400)}h`)), 'is too long; give at most 596h');
  });
});

describe('parseSize', () => {
  const sizes: [unknown, number][] = [
    [0, 0],
    [4096, 4096],
    ['4096', 4096],
    ['4KiB', 4096],
    ['1MiB', 1_048_576],
    ['2GiB', 2_147_483_648],
  ];
  for (const [input, bytes] of sizes) {
    it(`reads ${input} as ${bytes} bytes`, () => assert.equal(accepted(parseSize(input)), bytes));
  }

  it('says what to write instead of units of 1000', () => {
    for (const [input, instead] of [
      ['4KB', '4KiB'],
      ['4kb', '4KiB'],
      ['4 MB', '4MiB'],
      ['4k', '4KiB'],
      ['1G', '1GiB'],
      ['4kib', '4KiB'],
    ]) {
      assert.equal(
        refused(parseSize(input)),
        `is not a size; units are powers of 1024 here: write ${instead}`,
      );
    }
  });

  it('refuses anything else', () => {
    for (const input of ['', 'KiB', '1.5KiB', '-1', '1e3', '4 bytes', null, true, []]) {
      assert.match(refused(parseSize(input)), /^is not a size; give bytes/);
    }
    for (const input of [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, `${'9'.repeat(20)}GiB`]) {
      assert.equal(refused(parseSize(input)), 'is not a whole number of bytes');
    }
  });

  it('is undone by formatSize', () => {
    for (const text of ['4KiB', '256KiB', '16MiB', '1GiB', '1000', '0']) {
      assert.equal(formatSize(accepted(parseSize(text))), text);
    }
  });
});

describe('parseEndpoint', () => {
  const endpoints: [string, string | undefined, number][] = [
    ['localhost:9464', 'localhost', 9464],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:9464', '::1', 9464],
    ['[::]:0', '::', 0],
    [':9464', undefined, 9464],
    ['a-b.example:65535', 'a-b.example', 65_535],
  ];
  for (const [input, host, port] of endpoints) {
    it(`reads ${input}`, () => assert.deepEqual(accepted(parseEndpoint(input)), { host, port }));
  }

  it('refuses anything else', () => {
    const inputs = [
      '',
      'localhost',
      ':',
      '9464',
      'a b:1',
      '-a:1',
      '[]:1',
      '[a]:1',
      '::1:1',
      '2001:db8::1',
      'h:65536',
    ];
    for (const input of [...inputs, 'h:-1', 'h:1x', 'http://h:1', 'h:1/', 9464, null, {}])
      refused(parseEndpoint(input));
  });
});

describe('parseHttpOrUnixUrl', () => {
  it('keeps URLs of http, https and unix as they are', () => {
    for (const url of ['http://h', 'https://h:1/p?q', 'HTTP://[::1]:4318', 'unix:///run/otelcol.sock']) {
      assert.equal(accepted(parseHttpOrUnixUrl(url)), url);
    }
  });

  it('refuses anything else', () => {
    const inputs = [
      '',
      'h:4318',
      'ftp://h',
      'http://',
      'http://a b',
      'unix://run/x',
      'unix://',
      'unix:/run/x',
      5,
      null,
    ];
    for (const input of inputs) refused(parseHttpOrUnixUrl(input));
    assert.match(refused(parseHttpOrUnixUrl(`unix:///${'a'.repeat(107)}`)), /^is 108 bytes long/);
  });
});

describe('parseSocketPath', () => {
  it('makes paths absolute and unifies their spellings', () => {
    assert.equal(accepted(parseSocketPath('/run/../run//a.sock')), '/run/a.sock');
    assert.equal(accepted(parseSocketPath('a.sock')), `${process.cwd()}/a.sock`);
    assert.equal(accepted(parseSocketPath('./@a')), `${process.cwd()}/@a`);
  });

  it('leaves abstract names alone', () => {
    assert.equal(accepted(parseSocketPath('@a/../b/')), '@a/../b/');
  });

  it('counts bytes, not characters, up to the limit', () => {
    const longest = `/${'é'.repeat(53)}`;
    assert.equal(accepted(parseSocketPath(longest)), longest);
    assert.equal(
      refused(parseSocketPath(`${longest}a`)),
      'is 108 bytes long; a Unix socket path holds at most 107',
    );
    const longestName = `@${'a'.repeat(107)}`;
    assert.equal(accepted(parseSocketPath(longestName)), longestName);
    assert.match(refused(parseSocketPath(`${longestName}a`)), /^is 109 bytes long/);
  });

  it('counts the bytes of a relative path together with the current directory', () => {
    const bytes = 107 - Buffer.byteLength(`${process.cwd()}/`);
    accepted(parseSocketPath('a'.repeat(bytes)));
    assert.match(refused(parseSocketPath('a'.repeat(bytes + 1))), /^is 108 bytes long/);
  });

  it('refuses a path that cannot be a socket', () => {
    for (const input of ['', '@', '/', '/run/', 'a\0b', '@\0', 5, null, []]) refused(parseSocketPath(input));
  });
});
