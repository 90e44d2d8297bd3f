import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { gzipBody, inTurns, type Page, plainBody } from '../../../src/exporters/prometheus/page.js';

const CHUNK_BYTES = 2 ** 16;

/** Chunks that are each of another letter. */
const pageOf = (chunks: number): Page => ({
  *[Symbol.iterator]() {
    for (let i = 0; i < chunks; i++) yield Buffer.alloc(CHUNK_BYTES, 97 + (i % 26));
  },
});

const failing: Page = {
  *[Symbol.iterator]() {
    yield Buffer.from('a');
    throw new Error('out of order');
  },
};

for (const [name, toBody, decode] of [
  ['plain', plainBody, (bytes: Buffer) => bytes],
  ['compressed', gzipBody, (bytes: Buffer) => gunzipSync(bytes)],
] as const) {
  describe(`a page, ${name}`, () => {
    for (const chunks of [0, 1, 100]) {
      it(`is whole, and as long as it says, when it has ${chunks} chunks`, async () => {
        const body = await toBody(pageOf(chunks), () => true);
        assert.ok(body);
        const bytes = Buffer.concat([...body.chunks]);
        assert.equal(body.length, bytes.length);
        assert.deepEqual(decode(bytes), Buffer.concat([...pageOf(chunks)]));
      });
    }

    it('is given up when nobody wants it any more', async () => {
      let asked = 0;
      assert.equal(await toBody(pageOf(100), () => ++asked < 3), undefined);
      assert.equal(asked, 3);
    });

    it('fails when its chunks do', async () => {
      await assert.rejects(
        toBody(failing, () => true),
        { message: 'out of order' },
      );
    });

    it('lets others have a turn', async () => {
      let turns = 0;
      let done = false;
      const count = () => {
        turns++;
        if (!done) setImmediate(count);
      };
      setImmediate(count);
      await toBody(pageOf(20), () => true);
      done = true;
      assert.ok(turns >= 20, `${turns} turns`);
    });
  });
}

describe('chunks in turns', () => {
  it('are made when they are asked for', async () => {
    let made = 0;
    const page = {
      *[Symbol.iterator]() {
        for (;;) {
          made++;
          yield Buffer.alloc(1);
        }
      },
    };
    let taken = 0;
    for await (const _ of inTurns(page)) if (++taken === 3) break;
    assert.equal(made, 3);
  });
});
