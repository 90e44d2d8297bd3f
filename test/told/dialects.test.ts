import { conversations } from './support/conversation.js';
import { answer, ask, c, json, line, long, note, pause, refusal, s, times, turn } from './support/steps.js';

/** Go's net/rpc/jsonrpc. */
const go = {
  ask: (id: number, method: string, size = 1) => ({ method, params: [{ Name: long(size) }], id }),
  answer: (id: number, result: unknown, error: string | null = null) => ({ id, result, error }),
};

/** Its id is in neither end of what is captured. */
const hiddenId = (id: number, method = 'eth_call') =>
  line(`{"jsonrpc":"2.0","method":"${method}","params":["${long(900)}"],"id":${id},"meta":"${long(300)}"}`);
const hiddenAnswer = (id: number, outcome: string) =>
  line(`{"jsonrpc":"2.0",${outcome},"id":${id},"usage":"${long(300)}"}`);

describe('what is said in other dialects of JSON-RPC, and of what is captured in part', () => {
  conversations({
    "Go's net/rpc: errors of any length are failures": {
      steps: [60, 450, 900, 70_000].map((size, i) =>
        turn(go.ask(i, 'Volume.Mount'), go.answer(i, null, long(size))),
      ),
      told: '4 Volume.Mount _OTHER',
    },
    "Go's net/rpc: results of any length are successes": {
      steps: [1, 450, 900, 70_000].map((size, i) =>
        turn(go.ask(i, 'Volume.List', size), go.answer(i, long(size))),
      ),
      told: '4 Volume.List',
    },
    'PHP and Java of version 1.0: the error first, the id last': {
      steps: [
        turn({ id: 1, method: 'a', params: [] }, { error: long(900), result: null, id: 1 }),
        turn({ id: 2, method: 'a', params: [] }, { error: null, result: long(900), id: 2 }),
        turn({ id: 3, method: 'a', params: [] }, { result: long(900), error: null, id: 3 }),
        turn(
          { id: 4, method: 'a', params: [] },
          { result: null, id: 4, error: { name: 'JSONRPCError', message: long(900) } },
        ),
      ],
      told: '2 a, 2 a _OTHER',
    },
    'version 2.0 with both members, one of them null': {
      steps: [
        turn(ask(1, 'a'), { jsonrpc: '2.0', result: 5, error: null, id: 1 }),
        turn(ask(2, 'a'), { jsonrpc: '2.0', result: null, error: null, id: 2 }),
        turn(ask(3, 'a'), { jsonrpc: '2.0', result: null, error: { code: -1, message: long(900) }, id: 3 }),
        turn(ask(4, 'a'), { jsonrpc: '2.0', id: 4, error: null, result: long(900) }),
      ],
      told: '3 a, 1 a -1',
    },
    'an answer that is neither, and calls behind it': {
      steps: [turn(ask(1, 'a'), { jsonrpc: '2.0', id: 1 }), turn(ask(2, 'a'), answer(2, 1))],
      told: '1 a, 1 a unknown',
    },
    "Python's json: values that are no JSON": {
      steps: [
        turn(
          '{"jsonrpc": "2.0", "id": 1, "method": "mean", "params": [NaN, Infinity]}',
          '{"jsonrpc": "2.0", "id": 1, "result": NaN}',
        ),
        turn(
          '{"jsonrpc": "2.0", "id": 2, "method": "mean", "params": {"a": -Infinity}}',
          '{"jsonrpc": "2.0", "result": [NaN, 1], "id": 2}',
        ),
      ],
      told: '2 mean',
    },
    'jsonrpc4j: an error with the trace of a stack of 20 KB': {
      steps: turn(
        ask('7', 'a'),
        refusal('7', -32001, 'boom', { exceptionTypeName: 'x', message: long(20_000) }),
      ),
      told: '1 a -32001',
    },
    'a notification with the id null, in version 1.0': {
      steps: [
        c(line({ method: 'log', params: ['x'], id: null })),
        turn({ method: 'a', params: [], id: 1 }, { id: 1, result: 1, error: null }),
      ],
      told: '1 log noted, 1 a',
    },
    'an answer without an id, when one call is out': {
      steps: [turn(ask(1, 'a'), { jsonrpc: '2.0', result: 5 }), turn(ask(2, 'a'), answer(2, 1))],
      told: '2 a',
    },
    'an error without an id, when two calls are out': {
      steps: [
        c(line(ask(1, 'a')) + line(ask(2, 'b'))),
        s(line(refusal(null, -32603))),
        s(line(answer(1, 1))),
        turn(ask(3, 'c'), answer(3, 1)),
      ],
      told: '1 a, 1 b -32603, 1 c',
      ms: [20, 10, 10],
    },
    'an error without an id, when none is out': {
      steps: [
        turn(ask(1, 'a'), answer(1, 1)),
        s(line(refusal(null, -32700))),
        turn(ask(2, 'a'), answer(2, 1)),
      ],
      told: '2 a, [1 unmatched]',
    },
    'a request that cannot be read, and the refusal of it': {
      steps: [
        turn(ask(1, 'a'), answer(1, 1)),
        c('{"jsonrpc":"2.0","method":"b","params":[1,}\n'),
        s(line(refusal(null, -32700))),
        turn(ask(2, 'a'), answer(2, 1)),
      ],
      told: '2 a, [1 malformed], [1 unmatched]',
    },
    'an answer that cannot be read': {
      steps: [
        turn(ask(1, 'a'), answer(1, 1)),
        c(line(ask(2, 'b'))),
        s('{"jsonrpc":"2.0","id":2 "result":1}\n'),
        turn(ask(3, 'c'), answer(3, 1)),
      ],
      told: '1 a, 1 b unknown, 1 c, [1 malformed]',
    },
    'answers to no question': {
      steps: [
        turn(ask(1, 'a'), answer(1, 1)),
        s(line(answer(1, 1))),
        s(line(answer(99, 1))),
        turn(ask(2, 'a'), answer(2, 1)),
      ],
      told: '2 a, [2 unmatched]',
    },
    'ids beyond 2^53 that differ by one': {
      steps: [
        c(
          `{"jsonrpc":"2.0","id":9007199254740993,"method":"a"}\n{"jsonrpc":"2.0","id":9007199254740992,"method":"b"}\n`,
        ),
        s(
          '{"jsonrpc":"2.0","id":9007199254740992,"error":{"code":-1,"message":""}}\n{"jsonrpc":"2.0","id":9007199254740993,"result":1}\n',
        ),
      ],
      told: '1 a, 1 b -1',
    },
    'an id of nanoseconds that comes back as a double': {
      steps: [
        turn(
          '{"jsonrpc":"2.0","id":1700000000123456789,"method":"a"}',
          '{"jsonrpc":"2.0","id":1700000000123456800,"result":1}',
        ),
        turn(
          '{"jsonrpc":"2.0","id":18446744073709551615,"method":"a"}',
          '{"jsonrpc":"2.0","id":1.8446744073709552e19,"result":1}',
        ),
      ],
      told: '2 a',
    },
    'ids that are equal numbers, text and fractions': {
      steps: [
        turn('{"jsonrpc":"2.0","id":1,"method":"a"}', '{"jsonrpc":"2.0","id":1.0,"result":1}'),
        turn('{"jsonrpc":"2.0","id":100,"method":"a"}', '{"jsonrpc":"2.0","id":1e2,"result":1}'),
        turn('{"jsonrpc":"2.0","id":3.14,"method":"a"}', '{"jsonrpc":"2.0","id":3.14,"result":1}'),
        turn('{"jsonrpc":"2.0","id":"\\u0061\\/","method":"a"}', '{"jsonrpc":"2.0","id":"a/","result":1}'),
        turn('{"jsonrpc":"2.0","id":-0,"method":"a"}', '{"jsonrpc":"2.0","id":0,"result":1}'),
      ],
      told: '5 a',
    },
    'steemd: a number of more than 32 bits comes back as text': {
      steps: [turn(ask(4294967296, 'a'), answer('4294967296', 1)), turn(ask(2, 'b'), answer(2, 1))],
      told: '1 a, 1 b',
    },
    'a server whose errors have the id 0, whatever was asked': {
      steps: [turn(ask(5, 'a'), refusal(0, -32700)), turn(ask(6, 'b'), answer(6, 1))],
      told: '1 a unknown, 1 b, [1 unmatched]',
    },
    'an id that is neither a number nor text': {
      steps: [
        turn({ jsonrpc: '2.0', id: true, method: 'a' }, answer(true, 1)),
        turn(ask(1, 'b'), answer(1, 1)),
      ],
      told: '1 b, [2 not_a_message]',
    },
    'the same id three times at once': {
      steps: [
        c(line(ask(1, 'a')) + line(ask(1, 'b')) + line(ask(1, 'c'))),
        s(line(answer(1, 1))),
        s(line(refusal(1, -1))),
        s(line(answer(1, 1))),
      ],
      told: '1 a, 1 b -1, 1 c',
      ms: [10, 20, 30],
    },
    'one call whose id is not captured': {
      steps: [c(hiddenId(1)), s(line(answer(1, 1))), turn(ask(2, 'eth_chainId'), answer(2, 1))],
      told: '1 eth_call, 1 eth_chainId',
    },
    'two calls at once whose ids are not captured, and a hundred behind them': {
      steps: [
        c(hiddenId(1) + hiddenId(2)),
        s(line(answer(2, 1)) + line(refusal(1, -1))),
        times(100, (i) => turn(ask(3 + i, 'eth_chainId'), answer(3 + i, 1))),
      ],
      told: '2 eth_call unknown, 100 eth_chainId',
      toldFull: '1 eth_call, 1 eth_call -1, 100 eth_chainId',
    },
    'two calls at once whose ids are not captured, of which one is answered': {
      steps: [
        c(hiddenId(1) + hiddenId(2)),
        s(line(answer(2, 1))),
        times(3, (i) => turn(ask(3 + i, 'eth_chainId'), answer(3 + i, 1))),
      ],
      told: '2 eth_call unknown, 3 eth_chainId, [? unmatched]',
      toldFull: '1 eth_call, 1 eth_call no_response, 3 eth_chainId',
    },
    'two answers whose ids are not captured, beside others': {
      steps: [
        c(line(ask(1, 'a')) + line(ask(2, 'a')) + line(ask(3, 'b'))),
        s(
          hiddenAnswer(2, `"result":"${long(900)}"`) +
            hiddenAnswer(1, `"error":{"code":-1,"message":"${long(900)}"}`) +
            line(answer(3, 1)),
        ),
        times(3, (i) => turn(ask(4 + i, 'c'), answer(4 + i, 1))),
      ],
      told: '2 a unknown, 1 b, 3 c',
      toldFull: '1 a, 1 a -1, 1 b, 3 c',
    },
    'one answer whose id is not captured, when the others have been answered': {
      steps: [
        c(line(ask(1, 'a')) + line(ask(2, 'b'))),
        s(hiddenAnswer(1, `"result":"${long(900)}"`)),
        s(line(answer(2, 1))),
        turn(ask(3, 'c'), answer(3, 1)),
      ],
      told: '1 a, 1 b, 1 c',
      ms: [10, 10, 20],
    },
    'what looks like members inside of parameters and results': {
      steps: [
        turn(
          ask(1, 'a', { text: `","id":5,"method":"x"}${long(900)}","id":6}` }),
          answer(1, `${long(900)}","error":{"code":5},"id":9}`),
        ),
        turn(
          { jsonrpc: '2.0', method: 'a', params: { id: 8, x: long(900), y: [{ id: 7 }] }, id: 2 },
          { jsonrpc: '2.0', result: { x: long(900), id: 3, error: { id: 4 } }, id: 2 },
        ),
      ],
      told: '2 a',
    },
    'the method at the end of a long request': {
      steps: times(3, (i) =>
        turn(
          { params: [long(900)], jsonrpc: '2.0', id: i, method: 'put' },
          { error: null, result: long(900), jsonrpc: '2.0', id: i },
        ),
      ),
      told: '3 put',
    },
    'members behind the id: an object, a list, text with quotes': {
      steps: [
        turn(`{"method":"a","params":["${long(900)}"],"id":1,"m":{"a":[1,"}"]}}`, {
          result: long(900),
          id: 1,
          jsonrpc: '2.0',
          t: [1, '"]'],
        }),
        turn(
          `{"method":"a","params":["${long(900)}"],"id" : "x" , "jsonrpc" : "2.0" }\r`,
          `{"result":"${long(900)}","id":"x","s":"\\\\\\"}"}`,
        ),
      ],
      told: '2 a',
    },
    'a long notification with blanks at its end': {
      steps: times(3, () => c(`${json(note('log', [long(900)]))}  \r`, '\n')),
      told: '3 log noted',
    },
    'a poll that takes an hour, and calls beside it': {
      steps: [
        c(line(ask('poll', 'wait'))),
        times(3, (i) => [pause(1_200_000), turn(ask(i, 'a'), answer(i, 1))]),
        s(line(answer('poll', 1))),
      ],
      told: '1 wait, 3 a',
      ms: [10, 10, 10, 3_600_070],
    },
    'a batch with elements that are none': {
      steps: turn(
        '[{"jsonrpc":"2.0","id":1,"method":"a"},1,{"foo":"boo"},{"jsonrpc":"2.0","id":2,"method":"b"}]',
        [answer(1, 1), refusal(null, -32600), refusal(null, -32600), answer(2, 2)],
      ),
      told: '1 a, 1 b, [2 not_a_message], [2 unmatched]',
    },
    'a batch of 200 KB, and calls behind it': {
      steps: [
        turn(
          Array.from({ length: 400 }, (_, i) => ask(i, 'a', [long(450)])),
          Array.from({ length: 400 }, (_, i) => answer(i, long(450))),
        ),
        times(3, (i) => turn(ask(1000 + i, 'b'), answer(1000 + i, 1))),
      ],
    },
  });
});
