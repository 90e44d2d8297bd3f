/**
 * https://www.rfc-editor.org/rfc/rfc7541#appendix-B: how many bits the code of each byte has, and that of the end. Codes of one
 * length follow one another in the order of the bytes, and the shorter ones come first, so the lengths tell them all.
 */
const CODE_BITS = [
  '13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28',
  '6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10',
  '13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6',
  '15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28',
  '20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24',
  '22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23',
  '26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27',
  '20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26',
  '30',
]
  .join(' ')
  .split(' ')
  .map(Number);

const END = 256;
const BITS_MAX = 30;
const PADDING_BITS_MAX = 7;

/*
 * A node of the tree of codes for each beginning of a code: 256 of them. Each knows what four more bits come to:
 *
 *   │ 17: no code │ 16: a byte is whole │ 15…8: that byte │ 7…0: the node behind it │
 */
const NIBBLES = 16;
const NO_CODE = 1 << 17;
const HAS_BYTE = 1 << 16;
const steps = new Int32Array(256 * NIBBLES);
/** The nodes that a text may end at: those of the first bits of the code of its end. */
const isEnd = new Uint8Array(256);

/** The two branches of each node: another one, or a symbol behind a mark. */
const SYMBOL = 0x1000;

function growTree(): Int32Array {
  const branches = new Int32Array(2 * 256);
  let nodes = 1;
  let code = 0;
  for (let bits = 1; bits <= BITS_MAX; bits++) {
    for (let symbol = 0; symbol <= END; symbol++) {
      if (CODE_BITS[symbol] !== bits) continue;
      let node = 0;
      for (let bit = bits - 1; bit > 0; bit--) {
        const branch = 2 * node + ((code >>> bit) & 1);
        if (branches[branch] === 0) branches[branch] = nodes++;
        node = branches[branch];
      }
      branches[2 * node + (code & 1)] = SYMBOL | symbol;
      code++;
    }
    code *= 2;
  }
  return branches;
}

function fillSteps(branches: Int32Array): void {
  for (let start = 0; start < 256; start++) {
    for (let nibble = 0; nibble < NIBBLES; nibble++) {
      let node = start;
      let found = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const next = branches[2 * node + ((nibble >>> bit) & 1)];
        if (next === (SYMBOL | END)) found = NO_CODE;
        else if ((next & SYMBOL) !== 0) found |= HAS_BYTE | ((next & 0xff) << 8);
        node = (next & SYMBOL) === 0 ? next : 0;
      }
      steps[start * NIBBLES + nibble] = found | node;
    }
  }
  let node = 0;
  for (let bits = 0; bits <= PADDING_BITS_MAX; bits++) {
    isEnd[node] = 1;
    node = branches[2 * node + 1];
  }
}

fillSteps(growTree());

/**
 * Decodes bytes[from, to) into `target`, as far as there is room in it. How many bytes it comes to, those that found none
 * included; -1 if it is no such text.
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let node = 0;
  let count = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    const high = steps[node * NIBBLES + (byte >>> 4)];
    if ((high & HAS_BYTE) !== 0) {
      if (count < target.length) target[count] = (high >>> 8) & 0xff;
      count++;
    }
    const low = steps[(high & 0xff) * NIBBLES + (byte & 0xf)];
    if ((low & HAS_BYTE) !== 0) {
      if (count < target.length) target[count] = (low >>> 8) & 0xff;
      count++;
    }
    if (((high | low) & NO_CODE) !== 0) return -1;
    node = low & 0xff;
  }
  return isEnd[node] === 1 ? count : -1;
}
