import { type Direction, RECV, SEND } from './direction.js';
import { CompetingFramers } from './framing/competing-framers.js';
import { UNFINISHED, UNFRAMED } from './framing/framer.js';
import { Meter } from './framing/meter.js';
import type { Decoder, DecoderMemory, DecoderSettings, MessageSink, Protocol } from './protocol.js';

/** What is kept of a conversation until its protocol is known. A protocol shows itself in far less. */
const KEPT_BYTES_MAX = 4096;
/** What a piece takes beside its bytes, as a round figure. */
const PIECE_BYTES = 64;

/** Bytes that are kept, or a gap. */
interface Piece {
  readonly direction: Direction;
  /** With one byte more, as a decoder wants it; undefined for a gap. */
  readonly bytes: Uint8Array | undefined;
  readonly count: number;
  readonly endsUnit: boolean;
  readonly timeMs: number;
}

const UNLIMITED_MEMORY: DecoderMemory = { take: () => true, give: () => {}, isScarce: false };

/**
 * Decodes a conversation of which it is not known yet which of several protocols it speaks. It is shown to the framers of
 * all of them, and kept; once one is settled on in either direction, its decoder takes over from the first byte on.
 */
export class ProtocolTrial implements Decoder {
  readonly #protocols: readonly Protocol[];
  readonly #sink: MessageSink;
  readonly #settings: DecoderSettings;
  readonly #memory: DecoderMemory;
  readonly #settled: (protocol: Protocol) => void;
  /** By direction; none once it is over. */
  #framers: readonly CompetingFramers[];
  #pieces: Piece[] = [];
  #keptBytes = 0;
  #hasLost = false;
  #hasFailed = false;
  #decoder: Decoder | undefined;

  /** `protocols`: the likeliest first, no two that are framed alike. `settled` is told which it is before any message is. */
  constructor(
    protocols: readonly Protocol[],
    sink: MessageSink,
    settings: DecoderSettings,
    settled: (protocol: Protocol) => void,
  ) {
    this.#protocols = protocols;
    this.#sink = sink;
    this.#settings = settings;
    this.#memory = settings.memory ?? UNLIMITED_MEMORY;
    this.#settled = settled;
    const meter = new Meter();
    this.#framers = [
      new CompetingFramers(protocols, SEND, meter),
      new CompetingFramers(protocols, RECV, meter),
    ];
  }

  get hasGivenUp(): boolean {
    return this.#decoder?.hasGivenUp ?? this.#hasFailed;
  }

  get successor(): Decoder | undefined {
    return this.#decoder?.successor;
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    if (this.#decoder !== undefined) {
      this.#decoder.data(direction, bytes, from, to, timeMs);
      return;
    }
    if (this.#hasFailed) return;
    const framer = this.#framers[direction];
    let at = from;
    while (at !== UNFINISHED && at < to && !framer.isRecognised) at = framer.next(bytes, at, to);
    if (framer.isRecognised) this.#settle(framer).data(direction, bytes, from, to, timeMs);
    else if (framer.framing === UNFRAMED) this.#fail(direction);
    else {
      const copy = new Uint8Array(to - from + 1);
      copy.set(bytes.subarray(from, to));
      this.#keep({ direction, bytes: copy, count: to - from, endsUnit: false, timeMs });
    }
  }

  gap(direction: Direction, count: number, endsUnit: boolean, timeMs: number): void {
    if (this.#decoder !== undefined) {
      this.#decoder.gap(direction, count, endsUnit, timeMs);
    } else if (!this.#hasFailed) {
      this.#framers[direction].skip(count, endsUnit);
      this.#keep({ direction, bytes: undefined, count, endsUnit, timeMs });
    }
  }

  lose(): void {
    if (this.#decoder !== undefined) {
      this.#decoder.lose();
      return;
    }
    this.#hasLost = true;
    this.#forget();
    for (const framer of this.#framers) framer.lose();
  }

  end(timeMs: number): void {
    this.#decoder?.end(timeMs);
  }

  release(): void {
    this.#forget();
    this.#decoder?.release();
  }

  #keep(piece: Piece): void {
    const bytes = (piece.bytes?.length ?? 0) + PIECE_BYTES;
    if (this.#keptBytes + bytes > KEPT_BYTES_MAX || !this.#memory.take(bytes)) {
      this.lose();
      return;
    }
    this.#keptBytes += bytes;
    this.#pieces.push(piece);
  }

  #settle(framer: CompetingFramers): Decoder {
    const protocol = this.#protocols[framer.settled];
    this.#settled(protocol);
    const decoder = protocol.createDecoder(this.#sink, this.#settings);
    this.#decoder = decoder;
    if (this.#hasLost) decoder.lose();
    for (const { direction, bytes, count, endsUnit, timeMs } of this.#pieces) {
      if (bytes === undefined) decoder.gap(direction, count, endsUnit, timeMs);
      else decoder.data(direction, bytes, 0, count, timeMs);
    }
    this.#forget();
    this.#framers = [];
    return decoder;
  }

  #fail(direction: Direction): void {
    this.#hasFailed = true;
    this.#framers = [];
    this.#forget();
    this.#sink.undecodable(direction, 'unknown_protocol');
  }

  #forget(): void {
    this.#memory.give(this.#keptBytes);
    this.#keptBytes = 0;
    this.#pieces = [];
  }
}
