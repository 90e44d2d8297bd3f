import { once } from 'node:events';
import { constants, createGzip } from 'node:zlib';
import { inTurns } from '../../async/in-turns.js';

/**
 * The fastest level leaves a thirtieth of text as repetitive as this. The default one leaves a sixth less than
 * that, and takes two to four times as long.
 */
const GZIP_LEVEL = constants.Z_BEST_SPEED;

/** Text compressed. */
export interface Compressed {
  /** In bytes. */
  readonly length: number;
  readonly chunks: readonly Uint8Array[];
}

/**
 * Compresses text chunk by chunk: it is never there as a whole.
 *
 * @param isWanted asked between chunks; undefined is returned when it is not.
 */
export async function compress(
  text: Iterable<Uint8Array>,
  isWanted: () => boolean,
): Promise<Compressed | undefined> {
  const gzip = createGzip({ level: GZIP_LEVEL });
  const chunks: Buffer[] = [];
  let length = 0;
  gzip.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  try {
    for await (const chunk of inTurns(text)) {
      if (!isWanted()) return undefined;
      if (!gzip.write(chunk)) await once(gzip, 'drain');
    }
    gzip.end();
    await once(gzip, 'end');
    return { length, chunks };
  } finally {
    gzip.destroy();
  }
}
