import { conversations } from './support/conversation.js';
import { answer, ask, c, line, long, loss, note, pause, refusal, s, times, turn } from './support/steps.js';

const ADDRESS = `0x${long(40, 'c0ffee')}`;
const newHead = (i: number) =>
  note('eth_subscription', {
    subscription: '0xcd0c3e8af590364c09d0fa6a1210faf5',
    result: {
      parentHash: `0x${long(64)}`,
      logsBloom: `0x${long(512, '0')}`,
      extraData: `0x${long(190)}`,
      number: `0x${i}`,
    },
  });

/** ethers writes the members of a request in this order. */
const ethersAsk = (id: number, method: string, data = 0) =>
  line(
    `{"method":"${method}","params":[{"to":"${ADDRESS}","data":"0x${long(data)}"},"latest"],"id":${id},"jsonrpc":"2.0"}`,
  );

/** Nethermind, Polkadot and many others: the id behind the result. */
const idLast = (id: unknown, result: unknown) => ({ jsonrpc: '2.0', result, id });
const errorThenId = (id: unknown, code: number, data: string) => ({
  jsonrpc: '2.0',
  error: { code, message: 'VM execution error.', data },
  id,
});

describe('what Ethereum nodes and their clients say', () => {
  conversations({
    'geth: calls one after the other': {
      steps: times(3, (i) => turn(ask(i, 'eth_chainId'), answer(i, '0x1'))),
      told: '3 eth_chainId',
    },
    'geth: a call that nobody answers': {
      steps: [turn(ask(1, 'eth_call'), answer(1, '0x')), c(line(ask(2, 'eth_getLogs')))],
      told: '1 eth_call, 1 eth_getLogs no_response',
    },
    'geth: new heads of 1 KB are notifications, and calls go on between them': {
      steps: [
        turn(ask(1, 'eth_subscribe', ['newHeads']), answer(1, '0xcd0c3e8af590364c09d0fa6a1210faf5')),
        times(20, (i) => s(line(newHead(i)))),
        turn(ask(2, 'eth_getBlockByNumber', ['0x1', true]), answer(2, { transactions: long(9000) })),
        times(5, (i) => s(line(newHead(i)))),
        turn(ask(3, 'eth_unsubscribe', ['0xcd']), answer(3, true)),
      ],
      told: '1 eth_subscribe, 25 eth_subscription noted, 1 eth_getBlockByNumber, 1 eth_unsubscribe',
    },
    'geth: a head between a call and its long answer with the id in front': {
      steps: [
        c(line(ask(7, 'debug_traceTransaction', ['0x1']))),
        s(line(newHead(0))),
        s(line(answer(7, { structLogs: long(100_000, '{"pc":0},') }))),
      ],
      told: '1 debug_traceTransaction, 1 eth_subscription noted',
      ms: [20],
    },
    'geth: a revert with data of 4 KB': {
      steps: turn(ask(1, 'eth_call'), refusal(1, 3, 'execution reverted: no', `0x08c379a0${long(4000)}`)),
      told: '1 eth_call 3',
    },
    'geth: an error message so long that the id lies beyond it': {
      steps: turn(ask('a', 'eth_call'), {
        error: { message: long(900), code: -32000 },
        id: 'a',
        jsonrpc: '2.0',
      }),
      told: '1 eth_call _OTHER',
      toldFull: '1 eth_call -32000',
    },
    'geth: a batch with an error in it, and a notification': {
      steps: turn(
        [ask(1, 'eth_call'), ask(2, 'eth_nope'), note('eth_note'), ask(3, 'eth_call')],
        [answer(1, '0x'), refusal(2, -32601), answer(3, '0x')],
      ),
      told: '2 eth_call, 1 eth_nope -32601, 1 eth_note noted',
    },
    'geth: a batch of 100 calls, answered in another order': {
      steps: turn(
        Array.from({ length: 100 }, (_, i) => ask(i, 'eth_getBalance', [ADDRESS, 'latest'])),
        Array.from({ length: 100 }, (_, i) =>
          i % 10 === 0 ? refusal(99 - i, -32005, 'limit exceeded') : answer(99 - i, '0x0'),
        ),
      ),
      told: '90 eth_getBalance, 10 eth_getBalance -32005',
    },
    'geth: a batch that is too large has one answer, with the id of its first call': {
      steps: turn([ask(1, 'eth_call'), ask(2, 'eth_call')], [refusal(1, -32600, 'batch too large')]),
      told: '1 eth_call -32600, 1 eth_call no_response',
    },
    'old geth: an error without an id, when one call is out': {
      steps: turn(ask(1, 'net_peerCount', [null]), {
        jsonrpc: '2.0',
        error: { code: -32700, message: 'cannot unmarshal' },
      }),
      told: '1 net_peerCount -32700',
    },
    'parity: an error with the id null, when one call is out': {
      steps: [
        turn(ask(120, 'eth_getStorageAt'), {
          jsonrpc: '2.0',
          error: { code: -32600, message: 'Invalid request', data: null },
          id: null,
        }),
        turn(ask(121, 'eth_chainId'), answer(121, '0x1')),
      ],
      told: '1 eth_getStorageAt -32600, 1 eth_chainId',
    },
    'parity: an error with the id null of a call longer than what is captured': {
      steps: turn(ask(1, 'eth_sendRawTransaction', [`0x${long(3000)}`]), {
        jsonrpc: '2.0',
        error: { code: -32600, message: long(700) },
        id: null,
      }),
      told: '1 eth_sendRawTransaction -32600',
    },
    'nethermind: the id behind long results, and behind errors, in any order': {
      steps: [
        c(line(ask(1, 'eth_getLogs')) + line(ask(2, 'eth_getLogs')) + line(ask(3, 'eth_call'))),
        s(line(idLast(3, `0x${long(2000)}`))),
        s(line(errorThenId(1, -32015, long(1500)))),
        s(line(idLast(2, { logs: [{ id: 1, result: long(800) }] }))),
      ],
      told: '1 eth_getLogs, 1 eth_getLogs -32015, 1 eth_call',
      ms: [10, 20, 30],
    },
    'besu: pretty answers to compact calls': {
      steps: times(3, (i) => [
        c(line(ask(i, 'eth_syncing'))),
        s(
          `{\n  "jsonrpc" : "2.0",\n  "id" : ${i},\n  "result" : {\n    "id" : 7,\n    "blocks" : "${long(600)}"\n  }\n}\n`,
        ),
      ]),
      told: '3 eth_syncing',
    },
    'erigon: a result that breaks off with an error': {
      steps: turn(
        ask(1, 'debug_traceBlockByNumber'),
        '{"jsonrpc":"2.0","id":1,"result":[{"pc":0}],"error":{"code":-32000,"message":"stopped"}}',
      ),
      told: '1 debug_traceBlockByNumber -32000',
    },
    'erigon: a long result that breaks off with an error': {
      steps: turn(
        ask(1, 'debug_traceBlockByNumber'),
        `{"jsonrpc":"2.0","id":1,"result":["${long(5000)}"],"error":{"code":-32000,"message":"stopped"}}`,
      ),
      told: '1 debug_traceBlockByNumber -32000',
      needsEnd: true,
    },
    'ethers: two calls of 1 KB at once, and more behind them': {
      steps: [
        c(ethersAsk(60, 'eth_call', 900) + ethersAsk(61, 'eth_call', 900)),
        s(line(answer(61, '0x1'))),
        s(line(refusal(60, -32000))),
        times(3, (i) => [c(ethersAsk(62 + i, 'eth_estimateGas', 1500)), s(line(answer(62 + i, '0x1')))]),
      ],
      told: '1 eth_call, 1 eth_call -32000, 3 eth_estimateGas',
      ms: [10, 20, 10, 10, 10],
    },
    'ethers: calls of 100 B to 100 KB, all at once, answered from the last to the first': {
      steps: [
        times(10, (i) => c(ethersAsk(i, 'eth_call', 100 * 2 ** i))),
        times(10, (i) =>
          s(
            line(
              i % 3 === 0
                ? refusal(9 - i, 3, 'reverted', long(100 * 2 ** i))
                : answer(9 - i, long(50 * 2 ** i)),
            ),
          ),
        ),
      ],
      told: '6 eth_call, 4 eth_call 3',
      ms: Array.from({ length: 10 }, (_, i) => 10 + i * 20),
    },
    'viem: requests with nothing between them, answered in lines': {
      steps: [
        c(
          '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}{"jsonrpc":"2.0","id":2,"method":"eth_call","params":[]}',
        ),
        s(line(answer(2, long(700)))),
        s(line(refusal(1, -32602))),
        c('{"jsonrpc":"2.0","id":3,"method":"eth_chainId"}'),
        s(line(answer(3, '0x1'))),
      ],
      told: '1 eth_call, 1 eth_call -32602, 1 eth_chainId',
      ms: [10, 20, 10],
    },
    'web3.py: spaces between the members, and the id at the end of a long request': {
      steps: times(3, (i) => [
        c(`{"jsonrpc": "2.0", "method": "eth_sendRawTransaction", "params": ["0x${long(800)}"], "id": ${i}}`),
        s(line(answer(i, '0x1'))),
      ]),
      told: '3 eth_sendRawTransaction',
    },
    'a record is lost between a call and its answer': {
      steps: [
        c(line(ask(1, 'eth_call'))),
        loss,
        s(line(answer(1, '0x'))),
        turn(ask(2, 'eth_chainId'), answer(2, '0x1')),
      ],
      told: '1 eth_call, 1 eth_chainId',
    },
    'a record is lost, and with it perhaps an answer': {
      steps: [c(line(ask(1, 'eth_call'))), loss, turn(ask(2, 'eth_chainId'), answer(2, '0x1'))],
      told: '1 eth_call unknown, 1 eth_chainId',
    },
    'an answer after eleven minutes is late, and no error': {
      steps: [
        c(line(ask(1, 'debug_traceCall'))),
        pause(660_000),
        s(line(answer(1, '0x'))),
        turn(ask(2, 'eth_chainId'), answer(2, '0x1')),
      ],
      told: '1 debug_traceCall, 1 eth_chainId',
      ms: [660_010, 10],
    },
    'a client that leaves eleven minutes after it asked': {
      steps: [c(line(ask(1, 'debug_traceCall'))), pause(660_000)],
      told: '1 debug_traceCall no_response',
    },
  });
});
