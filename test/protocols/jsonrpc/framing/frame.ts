import { UNFINISHED, type UnitKind } from '../../../../src/protocols/framing/framer.js';
import { JsonRpcFramer } from '../../../../src/protocols/jsonrpc/framing/framer.js';

export interface Framed {
  framing: number;
  /** The text of each unit that ended, blanks before it left out, and of what is left over. */
  units: string[];
  kinds: UnitKind[];
  /** Those of the units that are noise. */
  noise: string[];
  rest: string;
}

/** Shows pieces to a framer, each with garbage behind it, as latin1. */
export function frame(pieces: readonly (string | Buffer)[], framer = new JsonRpcFramer()): Framed {
  const units: string[] = [];
  const kinds: UnitKind[] = [];
  const noise: string[] = [];
  let rest = '';
  for (const piece of pieces) {
    const bytes = withRoom(piece);
    const to = bytes.length - 1;
    for (let at = 0; at < to; ) {
      const end = framer.next(bytes, at, to);
      // A unit that came before this piece may have ended there.
      const least = rest.trimStart() === '' ? at + 1 : at;
      if (end !== UNFINISHED && !(end >= least && end <= to)) throw new Error(`${end} of ${least} to ${to}`);
      rest += bytes.toString('latin1', at, end === UNFINISHED ? to : end);
      if (end === UNFINISHED) break;
      units.push(rest.trimStart());
      kinds.push(framer.kind);
      if (framer.isNoise) noise.push(rest.trimStart());
      rest = '';
      at = end;
    }
  }
  return { framing: framer.framing, units, kinds, noise, rest: rest.trimStart() };
}

/** A copy with one byte more, as a framer wants it. */
export function withRoom(piece: string | Uint8Array): Buffer {
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
  return Buffer.concat([bytes, Buffer.from([0x7b])]);
}

/** Every way to cut bytes in two, and into single bytes. */
export function* splits(text: string | Buffer): Generator<Buffer[]> {
  const bytes = Buffer.from(text as string);
  for (let i = 1; i < bytes.length; i++) yield [bytes.subarray(0, i), bytes.subarray(i)];
  yield Array.from(bytes, (byte) => Buffer.from([byte]));
}
