import { LINE_FEED, SPACE } from '../../framing/bytes.js';
import { FRAMED, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { littleWordAt } from '../../framing/words.js';
import { mayBeCommand, QUERY, STMT_PREPARE } from './commands.js';
import { COMPRESS, FIXED_BYTES, mayBeLogin, SSL, ZSTD } from './packet.js';
import { PacketScanner } from './packet-scanner.js';

/** The names of tables stand behind those of columns, and programs write the names of all columns. */
export const KEPT_BYTES = 4096;

/** A login is no longer: names, and attributes of the connection. */
const LOGIN_BYTES_MAX = 16 * 1024;

/** Steps for each packet. */
const PACKET_STEPS = 30;

/**
 * What a client sends: a login, and then commands, which have the number 0. Packets with other numbers belong to what went before: more
 * of a login, or a file of LOAD DATA LOCAL INFILE, which is two units, the first packet and the others, up to an empty one.
 */
export class CommandFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #packet = new PacketScanner();
  /** The packet at hand was seen to be none that is impossible. */
  #isChecked = false;
  /** A packet goes on in the one at hand. */
  #isContinued = false;
  /** The unit is the rest of a file. */
  #isFile = false;
  /** The number of the packet before, if it was none of a command and not empty; else 0. */
  #before = 0;
  /** What comes now, or with the next command, is encrypted or compressed. */
  #isEncrypted = false;
  #isCompressed = false;

  constructor(meter: Meter) {
    super();
    this.#meter = meter;
  }

  override minBytes(): number {
    return KEPT_BYTES;
  }

  override lose(): void {
    super.lose();
    this.#before = 0;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    const packet = this.#packet;
    for (let at = from; at < to; ) {
      if (!packet.hasHeader) {
        at = packet.takeHeader(bytes, at, to);
        if (!this.#isPossible) return MALFORMED;
        if (!packet.hasHeader) return UNFINISHED;
        this.#meter.steps += PACKET_STEPS;
      }
      at = packet.takePayload(bytes, at, to);
      if (!this.#isChecked && !this.#check()) return MALFORMED;
      if (!packet.isWhole) return UNFINISHED;
      if (!this.#isChecked) return MALFORMED;
      if (this.#passPacket()) return at;
    }
    return UNFINISHED;
  }

  protected override restart(): void {
    this.#packet.restart();
    this.#isChecked = this.#isContinued = this.#isFile = false;
  }

  protected override pass(count: number): number {
    if (!this.#isChecked || this.#isFile || !this.#packet.skip(count)) return MALFORMED;
    if (!this.#packet.isWhole) return UNFINISHED;
    return this.#passPacket() ? 0 : UNFINISHED;
  }

  protected override cut(): void {
    this.#before = this.#isFile ? 0 : this.#packet.number;
  }

  /** Goes to the next packet. Whether the unit ends with this one. */
  #passPacket(): boolean {
    const packet = this.#packet;
    const isOver = this.#isFile ? packet.length === 0 : !packet.goesOn;
    if (isOver && !this.#isContinued) this.#before = this.#isFile || packet.length === 0 ? 0 : packet.number;
    this.#isContinued = !isOver && !this.#isFile;
    if (!isOver) packet.restart();
    return isOver;
  }

  /** Whether the header may be one, as far as it was seen. */
  get #isPossible(): boolean {
    const { hasHeader, headerBytes, length, number } = this.#packet;
    if (this.#isEncrypted) return false;
    if (this.framing === FRAMED)
      return !hasHeader || number !== 0 || !this.#isCompressed || this.#isContinued;
    if (this.isInDoubt) return !hasHeader || number <= 1;
    return (
      headerBytes < 2 ||
      (length <= LOGIN_BYTES_MAX && (!hasHeader || (number === 1 && length >= FIXED_BYTES)))
    );
  }

  /** Whether the payload may begin so. */
  #check(): boolean {
    const { head, headBytes, length, number } = this.#packet;
    if (this.framing !== FRAMED && number === 1) return this.#checkLogin();
    if (this.#isContinued || number !== 0) {
      this.#isChecked = true;
      this.#isFile ||= !this.#isContinued && this.#before > 0 && number === ((this.#before + 1) & 255);
      return true;
    }
    if (headBytes === 0) return length > 0;
    if (!mayBeCommand(head[0], length)) return false;
    this.#isChecked = this.framing === FRAMED;
    if (this.#isChecked) return true;
    // After a loss, the text of a query tells it from the inside of something.
    const isText = head[0] === QUERY || head[0] === STMT_PREPARE;
    if (isText && headBytes > 1 && !isPrintable(head[1])) return false;
    if (isText && headBytes < 2 && length > 1) return true;
    this.recognise();
    this.#isChecked = true;
    return true;
  }

  #checkLogin(): boolean {
    const { head, headBytes, length } = this.#packet;
    if (length < FIXED_BYTES || length > LOGIN_BYTES_MAX || !mayBeLogin(head, 0, headBytes)) return false;
    if (headBytes < FIXED_BYTES) return true;
    const capabilities = littleWordAt(head, 0);
    this.#isEncrypted = (capabilities & SSL) !== 0 && length === FIXED_BYTES;
    this.#isCompressed = (capabilities & (COMPRESS | ZSTD)) !== 0;
    this.recognise();
    this.#isChecked = true;
    return true;
  }
}

function isPrintable(byte: number): boolean {
  return byte >= SPACE || (byte >= 9 && byte <= LINE_FEED + 3);
}
