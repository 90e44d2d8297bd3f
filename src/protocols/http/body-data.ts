import { MALFORMED } from '../framing/framer.js';
import { Meter } from '../framing/meter.js';
import type { PartialUnit } from '../partial-unit.js';
import { asciiText } from '../text.js';
import { keepEventData } from './event-data.js';
import { ChunkedBodyScanner } from './framing/chunked-body-scanner.js';

/** The framing of a chunk between data, and of the last chunk with what is behind it. */
const BETWEEN_CHUNKS = /(?:^\n?|\r\n)[0-9a-f]{1,13}(?:[;\t ][^\n]*)?\r\n/gi;
const BEHIND_CHUNKS = /(?:^\n?|\r\n)0{1,13}(?:[;\t ][^\n]*)?\r\n[\s\S]*$/;

/** Takes the data out of a body as it comes, piece by piece: what frames its chunks, and what is around an event's data. */
export class BodyData {
  readonly #chunks = new ChunkedBodyScanner(new Meter());
  #isChunked = false;
  #isEventStream = false;

  get isPlain(): boolean {
    return !this.#isChunked && !this.#isEventStream;
  }

  begin(isChunked: boolean, isEventStream: boolean): void {
    this.#isChunked = isChunked;
    this.#isEventStream = isEventStream;
    this.#chunks.reset();
  }

  /** Adds to the unit what is data in bytes[from, to). */
  append(unit: PartialUnit, bytes: Uint8Array, from: number, to: number): void {
    const chunks = this.#chunks;
    let at = from;
    while (this.#isChunked && at < to && !chunks.isDone) {
      const data = Math.min(chunks.dataLeft, to - at);
      if (data > 0) {
        unit.append(bytes, at, at + data);
        chunks.passData(data);
        at += data;
      } else {
        const behind = chunks.passFraming(bytes, at, to);
        // What has no chunks is the response that follows on one to a HEAD.
        this.#isChunked = behind !== MALFORMED;
        if (this.#isChunked) at = behind;
      }
    }
    if (!this.#isChunked) unit.append(bytes, at, to);
  }

  /** `count` bytes of the body are missing. */
  skip(unit: PartialUnit, count: number): void {
    if (this.#isChunked) this.#chunks.skip(count);
    unit.skip(count);
  }

  /** Makes a unit that has ended one of data only. False when it is an event that is no message. */
  finish(unit: PartialUnit): boolean {
    if (this.#isChunked && this.#chunks.isLost) {
      // An event may have begun in the chunk whose end is not known, and go on in others. No line of one is a number alone.
      if (this.#isEventStream) unit.headBytes = unwrapTail(unit.head, unit.headBytes);
      unit.tailBytes = unwrapTail(unit.tail, unit.tailBytes);
    }
    this.#chunks.endPart();
    return !this.#isEventStream || keepEventData(unit);
  }
}

/** Takes the framing of chunks out of the end of a body of which it is not known where its chunks begin. */
export function unwrapTail(bytes: Uint8Array, to: number): number {
  const text = asciiText(bytes, 0, to).replace(BEHIND_CHUNKS, '').replace(BETWEEN_CHUNKS, '');
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return text.length;
}
