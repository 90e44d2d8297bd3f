import { type Direction, SEND } from '../../direction.js';
import { CARRIAGE_RETURN, LINE_FEED, SPACE } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { BLANK_STEPS, type Meter, searchLineFeed } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { FirstLine } from './first-line.js';
import { ValueScanner } from './value-scanner.js';

/** A command and its subcommand stand in so many bytes, the prefix of an error in less, and what a pushed message is. */
const KEPT_BYTES = 64;
/** What EXEC says of each command in a transaction stands one behind the other: of some 2,000 of them. */
const KEPT_LIST_BYTES = 16 * 1024;

/** PROTO_INLINE_MAX_SIZE: no server takes longer lines. */
const LINE_BYTES_MAX = 64 * 1024;

const ASTERISK = 0x2a;

const NOTHING = 0;
const VALUE = 1;
/** A command as a person types it. */
const LINE = 2;
/** What is between lines, and asks for nothing; or line feeds, by which a master tells that it lives. */
const BLANK = 3;

/**
 * Commands are arrays of strings, or lines; replies are values of RESP2 or RESP3. Each is a unit.
 *
 * A line may be anybody's, so it shows nothing until something else has: where Redis is not known to be spoken, lines that begin
 * with a command are passed over. After a loss a piece begins a message if it begins with a value: the inside of a string may
 * look like that, so it is in doubt.
 */
export class RedisFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #isCommand: boolean;
  readonly #scanner: ValueScanner;
  readonly #first = new FirstLine();
  #state = NOTHING;
  #lineBytes = 0;
  /** What is kept of the message at hand, or the last one. */
  #keptBytes = KEPT_BYTES;
  /** Redis is spoken, whatever may be lost. */
  #isKnown: boolean;
  /** The command before was a line. */
  #isInLines = false;

  /** `isKnown`: what is possible needs not be convincing. */
  constructor(direction: Direction, meter: Meter, isKnown = false) {
    super();
    this.#meter = meter;
    this.#isCommand = direction === SEND;
    this.#scanner = new ValueScanner(meter, this.#isCommand);
    this.#isKnown = isKnown;
  }

  override minBytes(): number {
    return this.#keptBytes;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    if (this.#state === NOTHING) {
      this.#state = this.#stateAt(bytes[from]);
      if (this.#state === NOTHING) return MALFORMED;
      this.#isInLines = this.#isCommand && this.#state !== VALUE;
      this.#keptBytes = KEPT_BYTES;
    }
    if (this.#state === BLANK) return this.#behindBlanks(bytes, from, to);
    const end =
      this.#state === VALUE ? this.#scanner.scan(bytes, from, to) : this.#endOfLine(bytes, from, to);
    if (this.#scanner.isListOfLines) this.#keptBytes = KEPT_LIST_BYTES;
    if (this.isRecognised || end === MALFORMED) return end;
    return this.#isPlausible(bytes, from, end === UNFINISHED ? to : end, end) ? end : MALFORMED;
  }

  protected override restart(): void {
    this.#state = NOTHING;
    this.#lineBytes = 0;
    this.#scanner.restart();
    this.#first.restart();
  }

  protected override pass(count: number): number {
    if (this.#state === BLANK) return UNFINISHED;
    if (this.#state !== VALUE) return MALFORMED;
    const end = this.#scanner.pass(count);
    if (end !== MALFORMED) this.#know();
    return end;
  }

  protected override cut(): void {
    if (this.#isKnown && this.#state !== NOTHING) this.recognise();
  }

  /** What begins with a byte. */
  #stateAt(byte: number): number {
    if (!this.#isCommand) return byte === LINE_FEED && this.#isKnown ? BLANK : VALUE;
    if (byte === ASTERISK) return VALUE;
    // What was lost may go on with any text.
    if ((byte < SPACE && !isBlank(byte)) || (this.isInDoubt && !this.#isInLines)) return NOTHING;
    return isBlank(byte) && this.isRecognised ? BLANK : LINE;
  }

  /** The index behind all that is blank, UNFINISHED if nothing else has come: as much as there is of it makes one unit. */
  #behindBlanks(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && (this.#isCommand ? isBlank(bytes[at]) : bytes[at] === LINE_FEED)) at++;
    this.#meter.steps += BLANK_STEPS * (at - from);
    return at < to ? at : UNFINISHED;
  }

  #endOfLine(bytes: Uint8Array, from: number, to: number): number {
    const feed = searchLineFeed(bytes, from, to, this.#meter);
    this.#lineBytes += feed - from;
    if (this.#lineBytes > LINE_BYTES_MAX) return MALFORMED;
    return feed === to ? UNFINISHED : feed + 1;
  }

  /** Whether a stream that is not recognised may go on with bytes[from, to), which end a message at `end`. */
  #isPlausible(bytes: Uint8Array, from: number, to: number, end: number): boolean {
    const isLong = !this.#first.take(bytes, from, to);
    if (this.#state === LINE) {
      if (!this.#first.mayBeCommand || (isLong && !this.#isKnown)) return false;
      if (end !== UNFINISHED && this.#isKnown) this.#know();
      return true;
    }
    const hasShown = this.#scanner.headers > (this.#isCommand ? 1 : 0);
    if (!hasShown) return (!isLong || this.#isKnown) && (end === UNFINISHED || this.#isCommand);
    if (this.#isCommand || (this.#isKnown ? this.#first.isWell : this.#first.isReply)) this.#know();
    // Statuses may be those of other servers, whose first words were lost.
    return this.isRecognised || this.isInDoubt;
  }

  #know(): void {
    this.#isKnown = true;
    this.recognise();
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === CARRIAGE_RETURN || byte === LINE_FEED;
}
