import { type Direction, RECV, SEND } from './direction.js';
import { type Framer, UNDECIDED, UNFINISHED, UNFRAMED } from './framing/framer.js';
import { Meter } from './framing/meter.js';
import type { ProtocolFraming } from './framing/protocol-framing.js';
import { PartialUnit } from './partial-unit.js';
import type { Decoder, DecoderMemory, MessageSink } from './protocol.js';

const NOTHING = new Uint8Array(1);

/** A message, or as much of it as was captured. It is the decoder's again when whoever reads it returns. */
export class FramedMessage {
  /** bytes[from, to) are all of it, or its beginning; bytes[to] is there and may be overwritten. */
  bytes: Uint8Array = NOTHING;
  from = 0;
  to = 0;
  isWhole = false;
  /** Of one that is not whole: tail[0, tailBytes) are its last bytes; none where these are missing. As `bytes` otherwise. */
  tail: Uint8Array = NOTHING;
  tailBytes = 0;
  /** Bytes, with what was not captured. */
  length = 0;
  /** When its first and its last byte were seen, monotonic ms. */
  beginMs = 0;
  endMs = 0;
  /** It came after a loss, and may be the inside of something. */
  isSuspect = false;
}

interface Stream {
  readonly framer: Framer;
  readonly unit: PartialUnit;
  /** The unit at hand began when it was not known where one begins. */
  isSuspect: boolean;
  hasLost: boolean;
}

/**
 * A decoder of messages that follow one another without anything between them. It puts together what comes in pieces, and has
 * each message read. A message that comes in one piece is read where it is.
 */
export abstract class FramedDecoder implements Decoder {
  protected readonly sink: MessageSink;
  readonly #streams: readonly [Stream, Stream];
  readonly #message = new FramedMessage();
  #hasGivenUp = false;
  /** By direction: what is left of it is another protocol. */
  readonly #isOver: [boolean, boolean] = [false, false];

  constructor(framing: ProtocolFraming, sink: MessageSink, memory: DecoderMemory | undefined) {
    this.sink = sink;
    const meter = new Meter();
    const streamOf = (direction: Direction): Stream => ({
      framer: framing.createFramer(direction, meter),
      unit: new PartialUnit(memory),
      isSuspect: false,
      hasLost: false,
    });
    this.#streams = [streamOf(SEND), streamOf(RECV)];
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const stream = this.#streams[direction];
    const { framer, unit } = stream;
    for (let at = from; at < to && !this.#isUnread(direction); ) {
      const begins = framer.isBetween;
      if (begins) this.#begin(stream, timeMs);
      const end = framer.next(bytes, at, to);
      if (framer.framing === UNFRAMED) this.giveUp(direction);
      else if (end === UNFINISHED) unit.append(bytes, at, to);
      // What is passed over on the way to a beginning is no message.
      else if (framer.framing === UNDECIDED) unit.clear();
      else if (begins) this.#readInPlace(direction, bytes, at, end, timeMs);
      else {
        unit.append(bytes, at, end);
        this.#readUnit(direction, timeMs);
      }
      at = end === UNFINISHED ? to : end;
    }
  }

  gap(direction: Direction, count: number, endsUnit: boolean, timeMs: number): void {
    if (this.#isUnread(direction)) return;
    const stream = this.#streams[direction];
    const { framer, unit } = stream;
    const begins = framer.isBetween;
    // The end of a unit that has been read.
    if (begins && count === 0) return;
    if (begins) this.#begin(stream, timeMs);
    framer.skip(count, endsUnit);
    unit.skip(count);
    if (!framer.isBetween) return;
    // What was left out on purpose is not missed.
    if (unit.isUnseen) this.leftOut(direction);
    else this.#readUnit(direction, timeMs);
  }

  lose(): void {
    for (const stream of this.#streams) {
      stream.framer.lose();
      stream.unit.clear();
      stream.hasLost = true;
    }
  }

  end(_timeMs: number): void {}

  release(): void {
    for (const { unit } of this.#streams) unit.release();
  }

  /** Tells the sink of a message. */
  protected abstract read(direction: Direction, message: FramedMessage): void;

  /** A message was not captured. */
  protected leftOut(_direction: Direction): void {}

  /** What is spoken is something else. */
  protected giveUp(direction: Direction): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    this.sink.undecodable(direction, 'unknown_protocol');
  }

  /** A message begins with what comes next in a direction; what there was of one is none. */
  protected beginAnew(direction: Direction): void {
    const { framer, unit } = this.#streams[direction];
    framer.lose();
    unit.clear();
  }

  /** As was agreed, what follows in a direction is something else. */
  protected leave(direction: Direction): void {
    this.#isOver[direction] = true;
    this.#streams[direction].unit.release();
  }

  #isUnread(direction: Direction): boolean {
    return this.#hasGivenUp || this.#isOver[direction];
  }

  #begin(stream: Stream, timeMs: number): void {
    stream.isSuspect = stream.hasLost && stream.framer.framing === UNDECIDED;
    stream.unit.begin(timeMs);
  }

  #readInPlace(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const message = this.#message;
    message.bytes = bytes;
    message.from = from;
    message.to = to;
    message.isWhole = true;
    message.length = to - from;
    message.beginMs = timeMs;
    // The byte behind it may be the first of the next message.
    const behind = bytes[to];
    this.#tell(direction, message, timeMs);
    bytes[to] = behind;
  }

  #readUnit(direction: Direction, timeMs: number): void {
    const { unit } = this.#streams[direction];
    const message = this.#message;
    message.bytes = unit.head;
    message.from = 0;
    message.to = unit.headBytes;
    message.isWhole = !unit.hasHole;
    message.tail = unit.tail;
    message.tailBytes = unit.tailBytes;
    message.length = unit.length;
    message.beginMs = unit.beginMs;
    this.#tell(direction, message, timeMs);
    unit.clear();
  }

  #tell(direction: Direction, message: FramedMessage, timeMs: number): void {
    message.endMs = timeMs;
    message.isSuspect = this.#streams[direction].isSuspect;
    this.read(direction, message);
    // The bytes belong to the caller.
    message.bytes = message.tail = NOTHING;
  }
}
