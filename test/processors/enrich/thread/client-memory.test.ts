import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ClientMemory,
  ConversationMemory,
  MemoryRoom,
} from '../../../../src/processors/enrich/thread/client-memory.js';
import { SEND } from '../../../../src/protocols/direction.js';
import { jsonRpc } from '../../../../src/protocols/jsonrpc/protocol.js';
import type { DecoderMemory } from '../../../../src/protocols/protocol.js';
import { repeat } from '../../../support/repeat.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** A decoder, and the methods of the requests it finds. */
function decode(memory: DecoderMemory) {
  const methods: string[] = [];
  const decoder = jsonRpc.createDecoder(
    { request: ({ method }) => methods.push(method), response() {}, undecodable() {} },
    { keepPayload: false, memory },
  );
  const say = (text: string) => {
    const bytes = Buffer.from(`${text}\0`);
    decoder.data(SEND, bytes, 0, bytes.length - 1, 0);
  };
  return { decoder, methods, say };
}

const UNFINISHED = `{"jsonrpc":"2.0","id":1,"method":"long","params":["${'x'.repeat(60 * KIB)}`;

describe('memory for messages that have not ended', () => {
  it('is bounded for a client, who has his messages cut, and all there for others', () => {
    const room = new MemoryRoom();
    let lost = 0;
    const memoryOf = (memory: ClientMemory, lose: () => void) =>
      new ConversationMemory({ client: { memory }, lose });
    const loud = new ClientMemory(room);
    const quiet = new ClientMemory(room);
    const conversations = repeat(1000, () => decode(memoryOf(loud, () => lost++)));
    for (const { say } of conversations) say(UNFINISHED);
    assert.ok(lost > 0);
    assert.ok(room.left >= (64 - 16) * MIB);
    const calm = decode(memoryOf(quiet, () => assert.fail('the quiet one loses nothing')));
    calm.say(UNFINISHED);
    calm.say('"]}\n');
    assert.deepEqual(calm.methods, ['long']);
    for (const { say } of conversations) say('"]}\n{"jsonrpc":"2.0","id":2,"method":"next"}\n');
    const last = conversations.map(({ methods }) => methods.at(-1));
    assert.deepEqual(new Set(last), new Set(['next']), 'what comes then is read as ever');
    for (const { decoder } of [...conversations, calm]) decoder.release();
    assert.equal(room.left, 64 * MIB);
  });

  it('is there for who needs little, however many need much', () => {
    const room = new MemoryRoom();
    const loud = repeat(20, () => new ClientMemory(room));
    for (const memory of loud) for (let i = 0; i < 400; i++) decode(memory).say(UNFINISHED);
    const calm = decode(new ClientMemory(room));
    calm.say(UNFINISHED);
    calm.say('"]}\n');
    assert.deepEqual(calm.methods, ['long']);
  });

  it('is given back to the client that it was taken of, and then taken of the one that it turns out to be', () => {
    const rooms = [new MemoryRoom(), new MemoryRoom()];
    const user = { client: { memory: new ClientMemory(rooms[0]) }, lose: () => {} };
    const memory = new ConversationMemory(user);
    const left = () => rooms.map((room) => 64 * MIB - room.left);
    memory.take(10);
    user.client = { memory: new ClientMemory(rooms[1]) };
    memory.take(5);
    assert.deepEqual(left(), [15, 0]);
    memory.give(15);
    memory.take(7);
    assert.deepEqual(left(), [0, 7]);
  });

  it('is given back, whatever was said and whether or not there was any', () => {
    const text = fc.oneof(
      fc.constantFrom('{"jsonrpc":"2.0",', '"id":1,', '"method":"m"', '}\n', '[', ']', '\n', UNFINISHED),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), fc.infiniteStream(fc.boolean()), (texts, answers) => {
        let held = 0;
        const memory: DecoderMemory = {
          take: (bytes) => {
            const isThere = answers.next().value === true;
            if (isThere) held += bytes;
            return isThere;
          },
          give: (bytes) => {
            held -= bytes;
            assert.ok(held >= 0);
          },
          get isScarce() {
            return answers.next().value === true;
          },
        };
        const { decoder, say } = decode(memory);
        for (const each of texts) say(each);
        decoder.release();
        assert.equal(held, 0);
      }),
    );
  });
});
