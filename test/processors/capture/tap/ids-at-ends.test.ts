import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RECV } from '../../../../src/protocols/direction.js';
import { jsonRpc } from '../../../../src/protocols/jsonrpc/protocol.js';
import { runs } from '../../../support/runs.js';
import { operations } from './streams.js';
import { limitOf, Tapped } from './tapped.js';

const LIMIT = 60;
const TAIL_BYTES = 40;

/** How a text is put on the wire. */
const framings: Readonly<Record<string, (text: string) => string>> = {
  lines: (text) => `${text}\n`,
  'lines with carriage returns': (text) => `${text}\r\n`,
  texts: (text) => text,
  'Content-Length': (text) => `Content-Length: ${text.length}\r\n\r\n${text}`,
};

const answer = (length: number, id: number) =>
  `{"jsonrpc":"2.0","result":"${'x'.repeat(length)}","id":${id}}`;

describe('The id at the end of a long answer', () => {
  for (const [name, framed] of Object.entries(framings)) {
    it(`is found however the answer is cut into operations, in ${name}`, () => {
      const lengths = fc.array(fc.nat(500), { minLength: 1, maxLength: 8 });
      const cuts = fc.array(fc.nat(10_000), { maxLength: 60 });
      const property = fc.property(lengths, cuts, (lengths, cuts) => {
        const texts = lengths.map((length, id) => framed(answer(length, id)));
        const found = idsOf(operations(Buffer.from(texts.join('')), cuts, 0));
        assert.deepEqual(
          found,
          lengths.map((_, id) => String(id)),
        );
      });
      fc.assert(property, { numRuns: runs(200) });
    });
  }
});

/** The ids that are decoded of what is kept of operations. */
function idsOf(parts: readonly Buffer[]): (string | undefined)[] {
  const tapped = new Tapped({ ...limitOf(LIMIT), tailBytes: TAIL_BYTES });
  const ids: (string | undefined)[] = [];
  const sink = {
    request: () => assert.fail('there is no request'),
    undecodable: (_: unknown, reason: string) => assert.fail(reason),
    response: ({ id }: { id: string | undefined }) => void ids.push(id),
  };
  const decoder = jsonRpc.createDecoder(sink, { keepPayload: false });
  for (const { pieces, timeMs } of parts.flatMap((part) => tapped.show(RECV, part))) {
    for (const { kept, skipped, endsUnit } of pieces) {
      // The decoder may overwrite the byte behind what it is shown.
      const bytes = Buffer.concat([kept, Buffer.from([0])]);
      if (kept.length > 0) decoder.data(RECV, bytes, 0, kept.length, timeMs);
      if (skipped > 0 || endsUnit) decoder.gap(RECV, skipped, endsUnit, timeMs);
    }
  }
  decoder.end(0);
  return ids;
}
