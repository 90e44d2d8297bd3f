import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';

/** Text in chunks, of which each is made when it is asked for, and made again when it is asked for again. */
export type Page = Iterable<Uint8Array>;

/** What is sent to a scraper. */
export interface Body {
  /** In bytes. */
  length: number;
  chunks: Page;
}

/**
 * The fastest level leaves a thirtieth of text as repetitive as this. The default one leaves a sixth less than
 * that, and takes two to four times as long.
 */
const GZIP_LEVEL = constants.Z_BEST_SPEED;

/**
 * A page as it is. It is made once for its length alone, and once more when it is sent: writing a hundred
 * megabytes takes less than a tenth of a second, and a scraper that reads slowly would have us hold them.
 *
 * @param isWanted asked between chunks; undefined is returned when it is not.
 */
export async function plainBody(page: Page, isWanted: () => boolean): Promise<Body | undefined> {
  let length = 0;
  for await (const chunk of inTurns(page)) {
    if (!isWanted()) return undefined;
    length += chunk.length;
  }
  return { length, chunks: page };
}

/** A page compressed, chunk by chunk: it is never there as a whole. */
export async function gzipBody(page: Page, isWanted: () => boolean): Promise<Body | undefined> {
  const gzip = createGzip({ level: GZIP_LEVEL });
  const chunks: Buffer[] = [];
  let length = 0;
  gzip.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  try {
    for await (const chunk of inTurns(page)) {
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

/** Chunks one after the other, with whatever else the thread has to do between them. */
export async function* inTurns(page: Page): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of page) {
    yield chunk;
    await nextTurn();
  }
}
