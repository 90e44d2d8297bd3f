import fc from 'fast-check';

/** A part of a stream that limits apply to: a message, or the header block or body of one. */
export interface Unit {
  text: string;
  isHeaderBlock: boolean;
}

export interface Stream {
  title: string;
  /** The units of each message. */
  messages: Unit[][];
}

const MAX_TEXT = 60;

/** JSON texts of many lengths. */
const texts = fc.array(
  fc.nat(MAX_TEXT).map((length) => `{"a":"${'x}'.repeat(length)}"}`),
  { minLength: 1, maxLength: 20 },
);

/** Streams of every framing. Behind the first line a stream of lines is known to be one. */
export const streams: fc.Arbitrary<Stream> = fc.oneof(
  texts.map((all) => stream('texts', all, (text) => [message(text)])),
  texts.map((all) => stream('lines', all, (text) => [message(`${text}\n`)])),
  texts.map((all) =>
    stream('LSP', all, (text) => [block(`Content-Length: ${text.length}\r\n\r\n`), message(text)]),
  ),
  texts.map((all) => stream('HTTP', all, (text) => [block(postOf(text)), message(text)])),
);

/** Any way to cut a stream into operations; behind `whole` bytes, which are one. */
export function operations(bytes: Buffer, cuts: readonly number[], whole: number): Buffer[] {
  const points = cuts.map((cut) => whole + (cut % Math.max(1, bytes.length - whole)));
  const sorted = [...new Set([0, ...(whole > 0 ? [whole] : []), ...points, bytes.length])].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((to, i) => bytes.subarray(sorted[i], to));
}

/** The first line has to be seen whole to be told from a text with a blank behind it. */
export function wholeBytes({ title, messages }: Stream): number {
  return title === 'lines' ? messages[0][0].text.length : 0;
}

export function bytesOf({ messages }: Stream): Buffer {
  return Buffer.from(messages.flatMap((units) => units.map(({ text }) => text)).join(''));
}

function stream(title: string, all: readonly string[], units: (text: string) => Unit[]): Stream {
  return { title, messages: all.map(units) };
}

function message(text: string): Unit {
  return { text, isHeaderBlock: false };
}

function block(text: string): Unit {
  return { text, isHeaderBlock: true };
}

function postOf(text: string): string {
  return `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${text.length}\r\n\r\n`;
}
