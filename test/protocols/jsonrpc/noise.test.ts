import assert from 'node:assert/strict';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { Ear } from '../listen.js';
import { protocol } from './ear.js';
import { wires } from './wire.js';

const NOISE = [
  'STDIO MCP Server started\n',
  '[info] loaded [3] tools\n',
  '{ debug }\n',
  '[debug] {\n',
  '12\n',
];
const MARK = '\ufeff';

const request = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"tools/list"}`;
const response = (id: number) => `{"jsonrpc":"2.0","id":${id},"result":{"tools":[]}}`;
const pretty = (text: string) => JSON.stringify(JSON.parse(text), null, 2);

/** How many requests, responses and reasons a decoder tells of. */
function told({ listener }: Ear): [number, number, string[]] {
  return [listener.requests.length, listener.responses.length, listener.reasons];
}

describe('a decoder of JSON-RPC with noise', () => {
  for (const wire of wires.filter(({ name }) => !name.startsWith('HTTP'))) {
    it(`tells of each line of it once, before, between and behind messages in ${wire.name}`, () => {
      for (const direction of [SEND, RECV] as Direction[]) {
        const ear = new Ear(protocol);
        for (let id = 1; id <= 3; id++) {
          for (const line of NOISE) ear.data(direction, line);
          ear.data(SEND, wire.request(request(id)).join(''));
          ear.data(RECV, wire.response(response(id)).join(''));
        }
        for (const line of NOISE) ear.data(direction, line);
        assert.deepEqual(told(ear), [3, 3, Array(4 * NOISE.length).fill('not_a_message')]);
      }
    });

    it(`passes over a byte order mark before each message in ${wire.name}`, () => {
      const ear = new Ear(protocol);
      for (let id = 1; id <= 3; id++) {
        for (const piece of [MARK.slice(0, 1), ...wire.request(request(id))]) ear.data(SEND, piece);
        ear.data(RECV, MARK + wire.response(response(id)).join(''));
      }
      assert.deepEqual(told(ear), [3, 3, []]);
    });
  }

  it('tells of a line of it that was captured in part', () => {
    const ear = new Ear(protocol)
      .data(SEND, 'Server ')
      .gap(SEND, 600, true)
      .data(SEND, `${request(1)}\n`);
    ear
      .data(SEND, '[info] ')
      .gap(SEND, 600, true)
      .data(SEND, `${request(2)}\n`);
    assert.deepEqual(told(ear), [2, 0, ['not_a_message', 'not_a_message']]);
  });

  it('tells of what is no end of a line at the end', () => {
    const ear = new Ear(protocol).data(SEND, `${request(1)}\nbye`);
    ear.decoder.end(0);
    assert.deepEqual(told(ear), [1, 0, ['not_a_message']]);
  });
});

describe('a decoder of JSON-RPC whose framing changes', () => {
  const block = (text: string, length = Buffer.byteLength(text)) =>
    `Content-Length: ${length}\r\n\r\n${text}`;
  const logged = '{"level":"info","text":"ready"}\n';

  it('tells of messages with headers behind, between and before lines that a server logs as JSON', () => {
    const ear = new Ear(protocol).data(RECV, logged);
    for (let id = 1; id <= 3; id++) {
      ear.data(SEND, block(request(id)));
      for (const piece of [block(response(id)).slice(0, 9), block(response(id)).slice(9), logged])
        ear.data(RECV, piece);
    }
    assert.deepEqual(told(ear), [3, 3, Array(4).fill('not_a_message')]);
  });

  it('finds messages behind one whose length was counted in characters', () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":"äöü"}';
    const ear = new Ear(protocol).data(SEND, [1, 2, 3].map((id) => block(request(id))).join(''));
    ear.data(RECV, block(text, text.length) + block(response(2)) + block(response(3)));
    assert.deepEqual(told(ear), [3, 2, ['malformed', 'not_a_message']]);
    assert.equal(ear.decoder.hasGivenUp, false);
  });
});

describe('a decoder of JSON-RPC whose texts change', () => {
  const [compact, bare] = [(text: string) => `${text}\n`, (text: string) => text];
  const indented = (text: string) => `${pretty(text)}\n`;
  const styles: [string, ((text: string) => string)[]][] = [
    ['lines, then pretty texts', [compact, indented, indented, indented]],
    ['lines, then texts without anything between them', [compact, bare, bare, bare]],
    ['pretty texts, then lines', [indented, compact, compact, indented]],
    ['texts without anything between them, then lines', [bare, bare, compact, compact]],
    ['lines and pretty texts in turn', [compact, indented, compact, indented]],
  ];
  for (const [name, wires] of styles) {
    it(`finds all of them: ${name}`, () => {
      const ear = new Ear(protocol);
      wires.forEach((wire, id) => {
        ear.data(SEND, wire(request(id))).data(RECV, wire(response(id)));
      });
      ear.decoder.end(0);
      assert.deepEqual(told(ear), [4, 4, []]);
      const together = new Ear(protocol).data(SEND, wires.map((wire, id) => wire(request(id))).join(''));
      together.decoder.end(0);
      assert.deepEqual(told(together), [4, 0, []]);
    });
  }

  it('finds small ones behind one of 40 MB that nothing ends', () => {
    const ear = new Ear(protocol).data(RECV, `${response(0)}${response(1).slice(0, -2)}`);
    const piece = Buffer.from(`,"x":[${'{"uuid":["a","b"],"n":[1,2,3]},'.repeat(2000)}1]`);
    for (let bytes = 0; bytes < 4e7; bytes += piece.length) ear.data(RECV, piece);
    ear.timeMs = 5;
    ear.data(RECV, '}}').data(RECV, response(2));
    ear.timeMs = 6;
    ear.data(RECV, response(3));
    assert.deepEqual(ear.listener.reasons, []);
    assert.deepEqual(
      ear.listener.responses.slice(-3).map(({ timeMs }) => timeMs),
      [5, 5, 6],
    );
  });
});

describe('a decoder of JSON-RPC after a loss', () => {
  it('makes nothing of the inside of a text whose pieces begin like messages', () => {
    const ear = new Ear(protocol).data(RECV, `${response(1)}${response(2).slice(0, -2)}`).lose();
    for (const inside of ['{"a":1},{"b":2},', '{"a":[{}]}],"c":{}', ',{"a":1}}', '{"a":{', '}},{"b":1}}']) {
      ear.data(RECV, inside);
    }
    ear.data(RECV, response(3)).data(RECV, response(4));
    assert.deepEqual(
      [ear.listener.reasons, ear.listener.responses.map(({ id }) => id)],
      [[], ['1', '3', '4']],
    );
  });

  it('nor of what is taken for the end of one', () => {
    const ear = new Ear(protocol).data(RECV, `${response(1)}${response(2).slice(0, -2)}`).lose();
    for (const inside of ['"b":[1,', '{"a":1},{"b":2},', ',"c":{}'])
      ear.data(RECV, inside).gap(RECV, 9, true);
    ear.data(RECV, response(3)).data(RECV, response(4));
    assert.deepEqual(
      [ear.listener.reasons, ear.listener.responses.map(({ id }) => id)],
      [[], ['1', '3', '4']],
    );
  });
});
