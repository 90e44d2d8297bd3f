import type { Readable } from 'node:stream';

/** Calls `take` with the text of every object of a stream that has nothing, or white space, between them. */
export function objectsIn(stream: Readable, take: (text: string) => void): void {
  let text = '';
  let depth = 0;
  let isText = false;
  let seen = 0;
  stream.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    for (; seen < text.length; seen++) {
      const character = text[seen];
      if (isText) {
        if (character === '\\') seen++;
        else if (character === '"') isText = false;
      } else if (character === '"') isText = true;
      else if (character === '{') depth++;
      else if (character === '}' && --depth === 0) {
        take(text.slice(0, seen + 1));
        text = text.slice(seen + 1);
        seen = -1;
      }
    }
  });
}
