import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { compress } from '../../../src/exporters/prometheus/compressed.js';

const CHUNK_BYTES = 2 ** 16;

/** Chunks that are each of another letter. */
function* chunksOf(count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(CHUNK_BYTES, 97 + (i % 26));
}

function* failing(): Generator<Uint8Array> {
  yield Buffer.from('a');
  throw new Error('out of order');
}

describe('a page, compressed', () => {
  for (const count of [0, 1, 100]) {
    it(`is whole, and as long as it says, when it has ${count} chunks`, async () => {
      const compressed = await compress(chunksOf(count), () => true);
      assert.ok(compressed);
      const bytes = Buffer.concat(compressed.chunks);
      assert.equal(compressed.length, bytes.length);
      assert.deepEqual(gunzipSync(bytes), Buffer.concat([...chunksOf(count)]));
    });
  }

  it('is given up when nobody wants it any more', async () => {
    let asked = 0;
    assert.equal(await compress(chunksOf(100), () => ++asked < 3), undefined);
    assert.equal(asked, 3);
  });

  it('fails when its chunks do', async () => {
    await assert.rejects(
      compress(failing(), () => true),
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
    await compress(chunksOf(20), () => true);
    done = true;
    assert.ok(turns >= 20, `${turns} turns`);
  });
});
