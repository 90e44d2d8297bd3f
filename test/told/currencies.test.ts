import { conversations } from './support/conversation.js';
import {
  answer,
  ask,
  bare,
  c,
  get,
  json,
  line,
  long,
  note,
  post,
  refusal,
  reply,
  s,
  times,
  turn,
} from './support/steps.js';

/** As bitcoin-cli and most libraries ask: the id is the same every time. */
const old = (method: string, id: unknown = 1) => post({ jsonrpc: '1.0', id, method, params: [] });
const success = (result: unknown, id: unknown = 1) => reply(`${json({ result, error: null, id })}\n`);
const failure = (status: string, code: number, id: unknown = 1) =>
  reply(`${json({ result: null, error: { code, message: 'no' }, id })}\n`, { status });

/** ElectrumX and electrs: a message a line. */
const electrum = (id: number, method: string, ...params: unknown[]) => ({ id, method, params });

describe('what nodes of currencies say', () => {
  conversations({
    'bitcoind: the work queue is full, and the next calls have the same id': {
      steps: [
        [
          c(old('getblockcount')),
          s(reply('Work queue depth exceeded', { status: '503 Service Unavailable', type: 'text/html' })),
        ],
        times(3, () => [c(old('getblockcount')), s(success(8))]),
      ],
      told: '3 getblockcount, 1 getblockcount 503, [? not_a_message]',
    },
    'bitcoind: refusals of each kind on one connection, all with the same id': {
      steps: [
        [
          c(old('getinfo')),
          s(bare('401 Unauthorized', 'WWW-Authenticate: Basic realm="jsonrpc"\r\nContent-Length: 0\r\n')),
        ],
        [c(old('nosuch')), s(failure('404 Not Found', -32601))],
        [c(old('getblock')), s(failure('500 Internal Server Error', -8))],
        [c(old('getblock')), s(success({ id: 5, error: 'none' }))],
        [c(old('stop')), s(bare('403 Forbidden', 'Content-Length: 0\r\n'))],
        [c(old('getblockcount')), s(success(8))],
      ],
      told: '1 getinfo 401, 1 nosuch -32601, 1 getblock -8, 1 getblock, 1 stop 403, 1 getblockcount',
    },
    'bitcoind: calls are pipelined with one id, and answered in order': {
      steps: [
        c(Buffer.concat([old('getblockcount'), old('getblockhash'), old('getblock')])),
        s(success(1)),
        s(failure('500 Internal Server Error', -8)),
        s(success(long(3000))),
      ],
      told: '1 getblockcount, 1 getblockhash -8, 1 getblock',
      ms: [10, 20, 30],
    },
    'bitcoind: a result of 2 MB, the id behind it': {
      steps: [
        times(2, () => [c(old('getrawmempool', 'curltest')), s(success(long(2_000_000), 'curltest'))]),
        [c(old('getblockcount', 'curltest')), s(success(8, 'curltest'))],
      ],
      told: '2 getrawmempool, 1 getblockcount',
    },
    'bitcoind since 28: a notification of version 2.0 is answered by 204': {
      steps: [
        [c(post(note('ping'))), s(bare('204 No Content'))],
        [c(post(ask(1, 'uptime'))), s(reply(answer(1, 5)))],
        [c(post(ask(1, 'nosuch'))), s(reply(refusal(1, -32601)))],
      ],
      told: '1 ping noted, 1 uptime, 1 nosuch -32601',
    },
    'btcd: a batch of which one call fails': {
      steps: [
        c(post([ask(1, 'getblockhash'), ask(2, 'getblockhash')])),
        s(reply([answer(1, '00'), refusal(2, -1)])),
      ],
      told: '1 getblockhash, 1 getblockhash -1',
    },
    'bitcoind: a batch that is refused as a whole': {
      steps: [
        [
          c(post([ask(1, 'a'), ask(2, 'b')])),
          s(reply('Work queue depth exceeded', { status: '503 Service Unavailable', type: 'text/html' })),
        ],
        [c(post([ask(1, 'a'), ask(2, 'b')])), s(reply([answer(1, 0), answer(2, 0)]))],
      ],
      told: '1 a, 1 a 503, 1 b, 1 b 503, [? not_a_message]',
    },
    'bitcoind: REST beside JSON-RPC on one connection': {
      steps: [
        [c(get('/rest/chaininfo.json')), s(reply({ chain: 'main', blocks: 8 }))],
        [c(old('getblockcount')), s(success(8))],
        [
          c(get('/rest/chaininfo.json')),
          s(reply('no such', { status: '404 Not Found', type: 'text/plain' })),
        ],
        [c(old('getblockcount')), s(success(8))],
      ],
      told: '2 getblockcount, [? not_a_message]',
    },
    'monerod: pretty answers to /json_rpc': {
      steps: times(3, () => [
        c(post({ jsonrpc: '2.0', id: '0', method: 'get_block_count' }, { path: '/json_rpc' })),
        s(
          reply(
            '{\n  "id": "0",\n  "jsonrpc": "2.0",\n  "result": {\n    "count": 993163,\n    "status": "OK"\n  }\n}',
          ),
        ),
      ]),
      told: '3 get_block_count',
    },
    'NEAR: the id is "dontcare", and an error has a name and a cause before its code': {
      steps: [
        [
          c(post(ask('dontcare', 'query'))),
          s(reply({ jsonrpc: '2.0', result: { block_height: 1 }, id: 'dontcare' })),
        ],
        [
          c(post(ask('dontcare', 'query'))),
          s(
            reply({
              jsonrpc: '2.0',
              error: { name: 'HANDLER_ERROR', cause: { info: {}, name: 'UNKNOWN_BLOCK' }, code: -32000 },
              id: 'dontcare',
            }),
          ),
        ],
      ],
      told: '1 query, 1 query -32000',
    },
    'Solana: a notification of its WebSocket looks no different in lines': {
      steps: [
        turn(ask(1, 'accountSubscribe'), { jsonrpc: '2.0', result: 23784, id: 1 }),
        times(3, (i) =>
          s(
            line(
              note('accountNotification', {
                result: { context: { slot: i }, value: long(900) },
                subscription: 23784,
              }),
            ),
          ),
        ),
      ],
      told: '1 accountSubscribe, 3 accountNotification noted',
    },
    'Polkadot: the id first, subscriptions of 1 KB, and an id that is text': {
      steps: [
        turn(
          { id: 1, jsonrpc: '2.0', method: 'chain_subscribeNewHeads', params: [] },
          { jsonrpc: '2.0', result: 'jeVbjxs5RDDvM7Mk', id: 1 },
        ),
        times(4, () =>
          s(
            line({
              jsonrpc: '2.0',
              method: 'chain_newHead',
              params: { result: long(1000), subscription: 'jeVbjxs5RDDvM7Mk' },
            }),
          ),
        ),
        turn(
          { id: 'x"1', jsonrpc: '2.0', method: 'state_getStorage' },
          { jsonrpc: '2.0', result: long(1500), id: 'x"1' },
        ),
      ],
      told: '1 chain_subscribeNewHeads, 4 chain_newHead noted, 1 state_getStorage',
    },
    'toncenter: ok and code beside the members, an error that is text, with status 500': {
      steps: [
        [
          c(post(ask('1', 'getMasterchainInfo'))),
          s(reply({ ok: true, result: {}, jsonrpc: '2.0', id: '1' })),
        ],
        [
          c(post(ask('1', 'runGetMethod'))),
          s(
            reply(
              { ok: false, error: 'LITE_SERVER_UNKNOWN', code: 500, jsonrpc: '2.0', id: '1' },
              { status: '500 Internal Server Error' },
            ),
          ),
        ],
      ],
      told: '1 getMasterchainInfo, 1 runGetMethod 500',
    },
    'electrs: no version, and notifications under the name of the subscription': {
      steps: [
        turn(electrum(0, 'server.version', 'x', '1.4'), {
          id: 0,
          jsonrpc: '2.0',
          result: ['electrs', '1.4'],
        }),
        turn(electrum(1, 'blockchain.headers.subscribe'), {
          id: 1,
          jsonrpc: '2.0',
          result: { height: 1, hex: long(160) },
        }),
        times(2, (i) =>
          s(
            line({
              jsonrpc: '2.0',
              method: 'blockchain.headers.subscribe',
              params: [{ height: i, hex: long(900) }],
            }),
          ),
        ),
        turn(electrum(2, 'blockchain.transaction.get', 'x'), {
          error: { code: 2, message: `daemon error: ${long(800)}` },
          id: 2,
          jsonrpc: '2.0',
        }),
        turn(electrum(3, 'blockchain.transaction.get', 'x'), {
          jsonrpc: '2.0',
          result: long(100_000),
          id: 3,
        }),
      ],
      told:
        '1 server.version, 1 blockchain.headers.subscribe, 2 blockchain.headers.subscribe noted, ' +
        '1 blockchain.transaction.get 2, 1 blockchain.transaction.get',
    },
    'Stratum: jobs have the id null, errors are lists': {
      steps: [
        turn(
          { id: 1, method: 'mining.subscribe', params: [] },
          { id: 1, result: [[['mining.notify', 'ae']], '08', 4], error: null },
        ),
        s(line({ id: null, method: 'mining.set_difficulty', params: [8] })),
        times(3, (i) => s(line({ params: [`${i}`, long(1500), true], id: null, method: 'mining.notify' }))),
        turn(
          { params: ['w', '1', '00', '50', 'b2'], id: 4, method: 'mining.submit' },
          { error: [21, 'Job not found', null], id: 4, result: null },
        ),
        turn(
          { params: ['w', '1', '00', '50', 'b3'], id: 5, method: 'mining.submit' },
          { error: null, id: 5, result: true },
        ),
      ],
      told: '1 mining.subscribe, 1 mining.set_difficulty noted, 3 mining.notify noted, 1 mining.submit _OTHER, 1 mining.submit',
    },
  });
});
