import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UNFRAMED } from '../../../../src/protocols/framing/framer.js';
import { runs } from '../../../support/runs.js';
import { type Framed, frame } from './frame.js';

/** What programs write beside their messages. */
const noise = fc.constantFrom(
  'STDIO MCP Server started',
  '[info] loaded 3 tools',
  '[2024-01-01 12:00:00] INFO {started}',
  '\u001b[32mready\u001b[0m',
  '{ debug }',
  '[debug] {',
  'GET ready for start',
  'HTTP/1.1 is spoken here',
  'Content of the cache: {"a":1}',
  '╭──────────╮',
  '  ✓ done in 3 ms]',
  '12',
  'null',
  '"{"',
  '}',
);
const blank = fc.constantFrom('', '', '', ' ', '\n', '\r\n\t', '\ufeff', '\ufeff \ufeff');
const member = fc.oneof(
  fc.integer(),
  fc.constantFrom('', '}{"', '\\', '"', '\n', 'ä[', null, true),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b}', 'method'), fc.constantFrom(1, '[', {}, [{}]), { maxKeys: 3 }),
);
const object = fc.dictionary(fc.constantFrom('id', 'method', 'result', 'x"y'), member, { maxKeys: 4 });
const message = fc.oneof(
  { weight: 6, arbitrary: object },
  { weight: 1, arbitrary: fc.array(object, { maxLength: 3 }) },
);
const pretty = message.chain((value) =>
  fc.constantFrom(1, 2, '\t').map((by) => JSON.stringify(value, null, by)),
);
const compact = message.map((value) => JSON.stringify(value));
const spaced = compact.map((text) => text.replace(/^([{[])/, '$1 '));

/** A stream of such messages, between which and before which there may be noise. */
function streamOf(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const line = noise.map((one) => `${one}\n`);
  const item = fc
    .tuple(blank, fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: line }))
    .map((parts) => parts.join(''));
  return fc.array(item, { maxLength: 12 }).map((items) => items.join(''));
}

const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\n\n');
const line = fc.tuple(fc.oneof(compact, spaced), lineEnd).map((parts) => parts.join(''));
const prettyLine = fc.tuple(pretty, lineEnd).map((parts) => parts.join(''));
const block = message.map((value) => {
  const text = JSON.stringify(value);
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
});

const streams: [string, fc.Arbitrary<string>, (text: string) => Unit[]][] = [
  ['lines', streamOf(line), texts],
  [
    'texts without anything between them',
    streamOf(fc.oneof(compact, pretty)).map((stream) => `{}{}${stream}`),
    texts,
  ],
  ['pretty texts', streamOf(prettyLine), texts],
  ['lines and pretty texts', streamOf(fc.oneof(line, prettyLine)), texts],
  [
    'texts behind a line',
    // Only short ones can be told from a line that goes on.
    fc
      .tuple(
        line,
        fc.array(
          fc.oneof(
            compact.filter(({ length }) => length < 100),
            pretty,
          ),
        ),
      )
      .map(([first, rest]) => [first, ...rest].join('')),
    texts,
  ],
  ['blocks', streamOf(block), blocks],
  ['blocks, lines and pretty texts', streamOf(fc.oneof(block, line, prettyLine)), blocksAndTexts],
];

interface Unit {
  text: string;
  isNoise: boolean;
}

/** The beginning of a message, behind blanks and byte order marks. */
const OPENING = /^(\{\s*["}]|\[\s*[{\]])/;

/** The units of texts, slowly: a text ends where JSON.parse takes it for one. */
function texts(stream: string): Unit[] {
  return unitsOf(stream, (rest) => (OPENING.test(rest) ? [lengthOfText(rest)] : undefined));
}

function blocks(stream: string): Unit[] {
  return unitsOf(stream, lengthsOfBlock);
}

function blocksAndTexts(stream: string): Unit[] {
  return unitsOf(stream, (rest) => (OPENING.test(rest) ? [lengthOfText(rest)] : lengthsOfBlock(rest)));
}

/** Of a header block and its body. */
function lengthsOfBlock(rest: string): number[] | undefined {
  const [header, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(rest) ?? [];
  return header === undefined ? undefined : [header.length, Number(length)];
}

/** `lengths`: those of the units of a message with which what is left begins; undefined when it is noise. */
function unitsOf(stream: string, lengths: (rest: string) => number[] | undefined): Unit[] {
  const units: Unit[] = [];
  for (let rest = begun(stream); rest !== ''; rest = begun(rest)) {
    const found = lengths(rest);
    for (const length of found ?? [rest.indexOf('\n') + 1]) {
      units.push({ text: rest.slice(0, length).trimEnd(), isNoise: found === undefined });
      rest = rest.slice(length);
    }
  }
  return units;
}

function lengthOfText(rest: string): number {
  for (let length = 1; length <= rest.length; length++) {
    if (!'}]'.includes(rest[length - 1])) continue;
    try {
      JSON.parse(rest.slice(0, length));
      return length;
    } catch {
      // It goes on.
    }
  }
  throw new Error(`a text without an end: ${rest}`);
}

/** Without the blanks and byte order marks before it, as latin1. */
function begun(text: string): string {
  return text.replace(/^(\s|ï»¿)+/, '');
}

/** The units, the last of which may be seen to have ended only with the stream. */
function found({ units: ended, noise: noises, rest }: Framed): Unit[] {
  const units = begun(rest) === '' ? ended : [...ended, rest];
  const left = [...noises];
  return units.map((unit) => {
    const isNoise = left[0] === unit;
    if (isNoise) left.shift();
    return { text: begun(unit).trimEnd(), isNoise };
  });
}

describe('JsonRpcFramer, with any stream,', () => {
  for (const [name, stream, reference] of streams) {
    it(`finds the units of ${name} that are found slowly, however they are cut`, () => {
      fc.assert(
        fc.property(stream, fc.array(fc.nat(40)), (text, sizes) => {
          const bytes = Buffer.from(text);
          const pieces: Buffer[] = [];
          let at = 0;
          for (const size of sizes) {
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          pieces.push(bytes.subarray(at));
          const framed = frame(pieces);
          assert.deepEqual(found(framed), reference(bytes.toString('latin1')));
          assert.notEqual(framed.framing, UNFRAMED);
        }),
        { numRuns: runs(500) },
      );
    });
  }
});
