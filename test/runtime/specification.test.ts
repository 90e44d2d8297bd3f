import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PrepareError } from '../../src/runtime/failure.js';
import { readSpecification } from '../../src/runtime/specification.js';
import { SpecificationFile } from '../../src/runtime/specification-file.js';
import { useCleanup } from '../support/cleanup.js';

const read = (text: string) => readSpecification(text, '/b/config.json');

describe('A specification', () => {
  it('has annotations and mounts', () => {
    const { annotations, mounts } = read(
      '{"annotations":{"k":"v"},"mounts":[{"destination":"/d","source":"/s","type":"bind","options":["ro"]}]}',
    );
    assert.deepEqual(annotations, { k: 'v' });
    const [{ destination, source, type, options }] = mounts as [(typeof mounts)[0]];
    assert.deepEqual(
      { destination, source, type, options },
      {
        destination: '/d',
        source: '/s',
        type: 'bind',
        options: ['ro'],
      },
    );
  });

  it('may have neither', () => {
    for (const text of ['{}', '{"mounts":null,"annotations":null}']) {
      const { annotations, mounts } = read(text);
      assert.deepEqual([annotations, mounts], [{}, []]);
    }
  });

  it('has any keys of annotations', () => {
    const { annotations } = read('{"annotations":{"__proto__":"x","":"y"}}');
    assert.deepEqual(Object.entries(annotations), [
      ['__proto__', 'x'],
      ['', 'y'],
    ]);
  });

  const refused: [text: string, reason: RegExp][] = [
    ['', /^\/b\/config\.json ends too early \(line 1, column 1\)$/],
    ['{"mounts":\n [}', /is not JSON \(line 2, column 3\)/],
    ['null', /the specification is not an object/],
    ['[]', /the specification is not an object/],
    ['{"annotations":[]}', /annotations is not an object/],
    ['{"annotations":{"a":1}}', /annotation "a" is not a string/],
    ['{"annotations":{"a":"1","a":"2"}}', /has the annotation "a" twice/],
    ['{"annotations":{"a":"1","\\u0061":"2"}}', /has the annotation "a" twice/],
    ['{"mounts":{}}', /mounts is not a list/],
    ['{"mounts":[1]}', /mounts\[0\] is not an object/],
    ['{"mounts":[{"source":"/s"}]}', /no destination in mounts\[0\]/],
    ['{"mounts":[{"destination":1}]}', /mounts\[0\]\.destination is not a string/],
    ['{"mounts":[{"destination":"/d","options":"ro"}]}', /mounts\[0\]\.options is not a list/],
    ['{"mounts":[{"destination":"/d","options":[1]}]}', /mounts\[0\]\.options is not a string/],
    ['{"mounts":[],"mounts":[]}', /has "mounts" more than once/],
    ['{"mounts":[],"Mounts":[]}', /has "mounts" more than once/],
    ['{"Mounts":[]}', /has "Mounts" where "mounts" is meant/],
    ['{"mount\u017f":[]}', /where "mounts" is meant/],
    ['{"mounts":[{"destination":"/d","source":"/a","SOURCE":"/b"}]}', /has "source" more than once/],
    [`{"mounts":[${'{},'.repeat(5000)}{}]}`, /more than 4096 mounts/],
    [`{"x":${'['.repeat(1e6)}`, /is nested more than 64 deep/],
  ];
  for (const [text, reason] of refused) {
    it(`is not ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof PrepareError && reason.test(error.message),
      );
    });
  }
});

describe('The file of a specification', () => {
  const cleanup = useCleanup();

  function bundle(text: string | Buffer): string {
    const path = cleanup.directory();
    writeFileSync(join(path, 'config.json'), text);
    return path;
  }

  for (const [from, to] of [
    ['{"a":1}', '{"a":12345}'],
    ['{"a":12345}', '{"a":1}'],
    ['{"a":"ä"}', '{"a":"öäü"}'],
    ['x', ''],
  ] as const) {
    it(`goes from ${from} to ${to} with the same inode and mode`, () => {
      const path = join(bundle(from), 'config.json');
      chmodSync(path, 0o640);
      const before = statSync(path);
      SpecificationFile.read(join(path, '..'), undefined).replace(to);
      assert.equal(readFileSync(path, 'utf8'), to);
      const after = statSync(path);
      assert.deepEqual([after.ino, after.mode, after.uid], [before.ino, before.mode, before.uid]);
    });
  }

  it('is not opened for writing when nothing changes', () => {
    const path = bundle('{}');
    const file = SpecificationFile.read(path, undefined);
    renameSync(join(path, 'config.json'), join(path, 'gone'));
    file.replace('{}');
  });

  it('is found behind a link to the bundle, but is no link itself', () => {
    const path = bundle('{}');
    const link = join(cleanup.directory(), 'link');
    symlinkSync(path, link);
    assert.equal(SpecificationFile.read(link, undefined).path, join(path, 'config.json'));
    const other = cleanup.directory();
    symlinkSync(join(path, 'config.json'), join(other, 'config.json'));
    assert.throws(() => SpecificationFile.read(other, undefined), /cannot open .*: it is a symbolic link/);
  });

  it('is a regular UTF-8 file of at most 16 MiB in a directory that is there', () => {
    const empty = cleanup.directory();
    const check = (path: string, reason: RegExp) =>
      assert.throws(
        () => SpecificationFile.read(path, undefined),
        (error) => {
          return error instanceof PrepareError && reason.test(error.message);
        },
      );
    check(empty, /cannot open .*config\.json: it is not there/);
    check(join(empty, 'none'), /cannot use the bundle .*none: it is not there/);
    check(join(bundle('{}'), 'config.json'), /is not a directory/);
    mkdirSync(join(empty, 'config.json'));
    check(empty, /is not a regular file/);
    check(bundle(Buffer.from([0x22, 0xff, 0x22])), /is not UTF-8/);
    check(bundle(Buffer.alloc(16 * 2 ** 20 + 1, 0x20)), /is larger than 16777216 bytes/);
  });

  it('is left alone when somebody else has written to it', () => {
    const path = bundle('{}');
    const file = SpecificationFile.read(path, undefined);
    writeFileSync(join(path, 'config.json'), '{"b":2}');
    assert.throws(() => file.replace('{"c":3}'), /has changed since it was read/);
    assert.equal(readFileSync(join(path, 'config.json'), 'utf8'), '{"b":2}');
  });

  it('may be another than config.json', () => {
    const path = join(bundle('{}'), 'other.json');
    writeFileSync(path, '[]');
    assert.equal(SpecificationFile.read(join(path, '..'), path).text, '[]');
  });
});
