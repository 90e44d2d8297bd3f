import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineBuffer, numberText } from '../../../src/exporters/prometheus/line-buffer.js';

const NOTHING = new Uint8Array(0);
const LONGER_THAN_A_CHUNK = 2 ** 20;

function written(...values: readonly number[]): string {
  const lines = new LineBuffer();
  for (const value of values) lines.sample(NOTHING, NOTHING, NOTHING, value);
  return Buffer.concat(lines.takeAll()).toString();
}

describe('a buffer of lines', () => {
  it('has every number as JavaScript writes it', () => {
    const number = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.maxSafeInteger(), fc.nat());
    fc.assert(fc.property(number, (value) => assert.equal(written(value), `${value}\n`)));
  });

  it('has whole numbers right where a digit more is needed', () => {
    for (let power = 0; power < 16; power++) {
      const value = 10 ** power;
      assert.equal(written(value - 1, value, value + 1), `${value - 1}\n${value}\n${value + 1}\n`);
    }
    assert.equal(written(2 ** 53 - 1, 2 ** 53, -1), '9007199254740991\n9007199254740992\n-1\n');
  });

  it('has the longest number there is', () => {
    assert.equal(written(-Number.MIN_VALUE, -1.2345678901234568e-300), '-5e-324\n-1.2345678901234568e-300\n');
  });

  it('has infinity as the format does', () => {
    const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    assert.equal(written(...values), '+Inf\n-Inf\nNaN\n');
    assert.deepEqual(values.map(numberText), ['+Inf', '-Inf', 'NaN']);
  });

  it('gives chunks away when they are full, and keeps lines whole', () => {
    const lines = new LineBuffer();
    const chunks: Uint8Array[] = [];
    const name = Buffer.from('é'.repeat(500));
    for (let i = 0; i < 2000; i++) {
      lines.sample(name, NOTHING, NOTHING, i);
      chunks.push(...lines.takeFull());
      assert.deepEqual(lines.takeFull(), []);
    }
    assert.ok(chunks.length > 3);
    for (const chunk of chunks) assert.equal(Buffer.from(chunk).at(-1), '\n'.charCodeAt(0));
    const text = Buffer.concat([...chunks, ...lines.takeAll()]).toString();
    assert.equal(text, Array.from({ length: 2000 }, (_, i) => `${name}${i}\n`).join(''));
  });

  it('takes lines that are longer than a chunk', () => {
    const lines = new LineBuffer();
    const long = Buffer.alloc(LONGER_THAN_A_CHUNK, 'x');
    lines.text('# a\n');
    lines.sample(NOTHING, long, NOTHING, 1);
    lines.text(`${'y'.repeat(LONGER_THAN_A_CHUNK)}\n`);
    lines.text('# b\n');
    const text = Buffer.concat(lines.takeAll()).toString();
    assert.equal(text, `# a\n${long}1\n${'y'.repeat(LONGER_THAN_A_CHUNK)}\n# b\n`);
  });
});
