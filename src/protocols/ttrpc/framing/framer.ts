import { type Direction, SEND } from '../../direction.js';
import { FRAMED, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { DATA, FrameHeader, HEADER_BYTES, REQUEST, RESPONSE } from './frame-header.js';

/** Programs send no longer ones, … */
const LENGTH_MAX = 4 * 2 ** 20;
/** … and old ones may have tried to. */
const LENGTH_BOUND = 64 * 2 ** 20;
const FIRST_BYTE_MAX = LENGTH_BOUND >>> 24;
/** Those that there are. */
const FLAGS_MAX = 7;
/** The first frame is that of one of the first calls. */
const FIRST_STREAM_MAX = 255;

/** So much of a request has the names of service and method in it. */
const KEPT_BYTES = 256;

/** With what the fields of a request begin, and of a response: `service`; `status` or `payload`. */
const SERVICE_TAG = 0x0a;
const STATUS_TAG = 0x0a;
const PAYLOAD_TAG = 0x12;

/** Steps for each header, and for each piece. */
const HEADER_STEPS = 30;

/** Frames say how long they are. The client, and it alone, opens streams, which have odd numbers. */
export class TtrpcFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #isRequest: boolean;
  readonly #header = new FrameHeader();
  #left = 0;
  #isChecked = false;

  constructor(direction: Direction, meter: Meter) {
    super();
    this.#meter = meter;
    this.#isRequest = direction === SEND;
  }

  override minBytes(): number {
    return KEPT_BYTES;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (!this.#isChecked) {
      this.#meter.steps += HEADER_STEPS;
      // The highest byte of a length rules most streams out.
      if (this.#header.isEmpty && bytes[at] > FIRST_BYTE_MAX) return MALFORMED;
      if (this.#header.isEmpty && to - at >= HEADER_BYTES) {
        this.#header.read(bytes, at);
        at += HEADER_BYTES;
        if (!this.#isPossible) return MALFORMED;
      }
      while (at < to && !this.#header.isWhole) {
        this.#header.take(bytes[at++]);
        if (!this.#isPossible) return MALFORMED;
      }
      if (!this.#header.isWhole) return UNFINISHED;
      this.#left = this.#header.length;
      if (this.#left > 0 && at === to) return UNFINISHED;
      if (this.#left > 0 && !this.#mayBegin(bytes[at])) return MALFORMED;
      this.#isChecked = true;
      this.recognise();
    }
    const count = Math.min(this.#left, to - at);
    this.#left -= count;
    return this.#left > 0 ? UNFINISHED : at + count;
  }

  protected override restart(): void {
    this.#header.restart();
    this.#left = 0;
    this.#isChecked = false;
  }

  protected override pass(count: number): number {
    if (!this.#header.isWhole) return MALFORMED;
    if (!this.#isChecked) this.#left = this.#header.length;
    if (count > this.#left) return MALFORMED;
    this.#isChecked = true;
    this.recognise();
    this.#left -= count;
    return this.#left > 0 ? UNFINISHED : 0;
  }

  /** Whether the header may be one, as far as it was seen. */
  get #isPossible(): boolean {
    const { isWhole, length, stream, type, flags } = this.#header;
    if (length > LENGTH_BOUND) return false;
    if (!isWhole) return true;
    const isOfType = this.#isRequest ? type === REQUEST || type === DATA : type === RESPONSE || type === DATA;
    if (!isOfType || stream % 2 === 0) return false;
    if (this.framing === FRAMED) return true;
    const isFirst = this.isInDoubt || (stream <= FIRST_STREAM_MAX && (type === REQUEST || !this.#isRequest));
    return isFirst && length <= LENGTH_MAX && flags <= FLAGS_MAX;
  }

  /** Whether the data of a frame may begin so. */
  #mayBegin(byte: number): boolean {
    if (this.framing === FRAMED || this.#header.type === DATA) return true;
    return this.#isRequest ? byte === SERVICE_TAG : byte === STATUS_TAG || byte === PAYLOAD_TAG;
  }
}
