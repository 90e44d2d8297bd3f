import { conversations } from './support/conversation.js';
import { answer, ask, c, json, line, long, note, pause, refusal, s, times, turn } from './support/steps.js';

const plain = (value: unknown): string => json(value);
const pretty = (value: unknown, indent = 2): string => JSON.stringify(value, undefined, indent);

/** As ovsdb-server and its clients write it: JSON-RPC 1.0, its members by name, and nothing between texts. */
const ovs = {
  ask: (id: unknown, method: string, params: unknown[] = []) => plain({ id, method, params }),
  answer: (id: unknown, result: unknown, error: unknown = null) => plain({ error, id, result }),
};
const update = (i: number, size = 40) =>
  ovs.ask(null, 'update3', [['monid', 'x'], `${i}`, { Bridge: { u: { modify: { name: long(size) } } } }]);

/** As lightningd writes it. */
const lightning = (value: unknown): string => `${pretty(value, 3)}\n\n`;

describe('what is said with nothing between texts, or with texts over many lines', () => {
  conversations({
    'ovsdb-server: updates have the id null, and the server asks whether its client is alive': {
      steps: [
        turn(
          '{"id":0,"method":"monitor_cond_since","params":["DB",null,{}]}',
          '{"error":null,"id":0,"result":[false,"0",{}]}',
          plain,
        ),
        times(3, (i) => s(update(i))),
        [s(ovs.ask('echo', 'echo')), c(ovs.answer('echo', []))],
        [c(ovs.ask(1, 'echo')), s(ovs.answer(1, []))],
      ],
      told: '1 monitor_cond_since, 3 update3 noted, 2 echo',
    },
    'ovsdb-server: updates longer than what is captured, their id first or behind the method': {
      steps: [
        [c(ovs.ask(0, 'monitor')), s(ovs.answer(0, {}))],
        times(5, (i) => s(update(i, 3000))),
        times(5, () => s(`{"method":"update2","params":["x","${long(2000)}"],"id":null}`)),
        [c(ovs.ask(1, 'transact')), s(ovs.answer(1, [{ rows: long(5000) }]))],
      ],
      told: '1 monitor, 5 update3 noted, 5 update2 noted, 1 transact',
    },
    'ovsdb-server: a first answer of 400 KB, and then small ones': {
      steps: [
        [c(ovs.ask(0, 'list_dbs')), s(ovs.answer(0, ['x']))],
        [
          c(ovs.ask(1, 'monitor')),
          s(ovs.answer(1, { Port: long(400_000, '{"initial":{"name":"p","up":true}},').split(',') })),
        ],
        pause(2000),
        times(5, (i) => [c(ovs.ask(2 + i, 'transact')), s(ovs.answer(2 + i, []))]),
      ],
      told: '1 list_dbs, 1 monitor, 5 transact',
    },
    'ovsdb-server: errors are objects without a code, and a lock is a notification': {
      steps: [
        [c(ovs.ask(1, 'lock', ['x'])), s(ovs.answer(1, { locked: false }))],
        s(ovs.ask(null, 'locked', ['x'])),
        [
          c(ovs.ask(2, 'transact', ['nodb'])),
          s(ovs.answer(2, null, { details: long(700), error: 'unknown database', syntax: 'x' })),
        ],
        [
          c(ovs.ask(3, 'get_schema')),
          s('{"id":3,"result":null,"error":{"details":"no","error":"unknown database"}}'),
        ],
      ],
      told: '1 lock, 1 locked noted, 1 transact _OTHER, 1 get_schema _OTHER',
    },
    'lightningd: pretty answers to compact requests, and an id in the result': {
      steps: times(3, (i) => [
        c(plain(ask(`cli:getinfo#${i}`, 'getinfo', {}))),
        s(
          lightning({
            jsonrpc: '2.0',
            id: `cli:getinfo#${i}`,
            result: { id: long(66), alias: 'x', error: 'none', address: long(900) },
          }),
        ),
      ]),
      told: '3 getinfo',
    },
    'lightningd: a compact answer first, and pretty ones behind it': {
      steps: [
        [c(line(ask(1, 'getinfo', {}))), s(`${plain(answer(1, { id: 'x' }))}\n\n`)],
        [c(line(ask(2, 'listpeers', {}))), s(lightning(answer(2, { peers: [{ id: long(700) }] })))],
        [c(line(ask(3, 'pay', {}))), s(lightning(refusal(3, 205, 'Could not find a route', { id: 5 })))],
      ],
      told: '1 getinfo, 1 listpeers, 1 pay 205',
    },
    'lightningd: pretty first, compact behind it': {
      steps: [
        [c(pretty(ask(1, 'getinfo', {}))), s(lightning(answer(1, { id: long(800) })))],
        times(3, (i) => [
          c(line(ask(2 + i, 'listpeers', {}))),
          s(`${plain(answer(2 + i, { id: 'x' }))}\n\n`),
        ]),
      ],
      told: '1 getinfo, 3 listpeers',
    },
    'lightningd: waitanyinvoice is answered when somebody pays, hours later': {
      steps: [
        c(plain(ask(1, 'waitanyinvoice', {}))),
        [c(plain(ask(2, 'getinfo', {}))), s(lightning(answer(2, {})))],
        pause(7_200_000),
        s(lightning(answer(1, { label: 'x' }))),
      ],
      told: '1 waitanyinvoice, 1 getinfo',
      ms: [10, 7_200_030],
    },
    'lightningd: log messages of a command are notifications with an id in their params': {
      steps: [
        c(plain(ask(1, 'pay', {}))),
        times(3, () => s(lightning(note('message', { id: 1, level: 'info', message: long(600) })))),
        s(lightning(answer(1, { status: 'complete' }))),
      ],
      told: '1 pay, 3 message noted',
      ms: [40],
    },
    'SPDK: rpc.py writes pretty requests without an end, nvmf_tgt answers in lines': {
      steps: [
        [
          c(pretty({ jsonrpc: '2.0', method: 'spdk_get_version', id: 1 })),
          s(line(answer(1, { version: 'x' }))),
        ],
        [
          c(pretty({ jsonrpc: '2.0', method: 'bdev_get_bdevs', id: 2, params: { name: long(600) } })),
          s(line(refusal(2, -19, 'No such device'))),
        ],
        [c(pretty({ jsonrpc: '2.0', method: 'bdev_get_bdevs', id: 3 })), s(line(answer(3, [long(9000)])))],
      ],
      told: '1 spdk_get_version, 1 bdev_get_bdevs -19, 1 bdev_get_bdevs',
    },
    'SPDK: several pretty requests at once': {
      steps: [
        c(
          [1, 2, 3]
            .map((id) =>
              pretty({ jsonrpc: '2.0', method: 'bdev_null_create', id, params: { name: 'N', size: 1 } }),
            )
            .join('\n'),
        ),
        s(line(answer(1, 'N')) + line(answer(2, 'N')) + line(refusal(3, -32602, 'Invalid parameters'))),
      ],
      told: '2 bdev_null_create, 1 bdev_null_create -32602',
    },
    'Kodi: undelimited both ways, with notifications between': {
      steps: [
        turn(
          { jsonrpc: '2.0', method: 'JSONRPC.Ping', id: 1 },
          { id: 1, jsonrpc: '2.0', result: 'pong' },
          plain,
        ),
        s(plain(note('Player.OnPlay', { data: { item: { id: 3, type: 'song' } }, sender: 'xbmc' }))),
        turn(
          { jsonrpc: '2.0', method: 'VideoLibrary.GetMovies', id: '2' },
          { id: '2', jsonrpc: '2.0', result: { movies: [long(3000)] } },
          plain,
        ),
        c(plain({ jsonrpc: '2.0', method: 'A', id: 3 }) + plain({ jsonrpc: '2.0', method: 'B', id: 4 })),
        s(plain(refusal(3, -32601)) + plain(note('System.OnWake')) + plain(answer(4, 'OK'))),
      ],
      told: '1 JSONRPC.Ping, 1 Player.OnPlay noted, 1 VideoLibrary.GetMovies, 1 A -32601, 1 System.OnWake noted, 1 B',
    },
    'Chrome over a pipe: a NUL behind each message, and no version': {
      steps: [
        turn(
          { id: 1, method: 'Target.setDiscoverTargets', params: { discover: true } },
          { id: 1, result: {} },
          (value) => `${json(value)}\0`,
        ),
        times(3, () =>
          s(`${plain({ method: 'Target.targetCreated', params: { targetInfo: long(700) } })}\0`),
        ),
        turn(
          { id: 2, method: 'Nope.nope' },
          { id: 2, error: { code: -32601, message: "'Nope.nope' wasn't found" } },
          (value) => `${json(value)}\0`,
        ),
        turn(
          { id: 3, method: 'Page.captureScreenshot', params: {}, sessionId: 'S' },
          { id: 3, result: { data: long(100_000) }, sessionId: long(32) },
          (value) => `${json(value)}\0`,
        ),
      ],
      told: '1 Target.setDiscoverTargets, 3 Target.targetCreated noted, 1 Nope.nope -32601, 1 Page.captureScreenshot',
    },
    'a text of 2 MB of structure without a line feed, and the next one right behind it': {
      steps: [
        c(plain(ask(1, 'dump')) + plain(ask(2, 'ping'))),
        s(
          plain({
            jsonrpc: '2.0',
            id: 1,
            result: Array.from({ length: 100_000 }, (_, i) => ({ i, a: [[]] })),
          }) + plain(answer(2, 'pong')),
        ),
      ],
      told: '1 dump, 1 ping',
    },
    'record separators in front, line feeds behind: RFC 7464': {
      steps: times(3, (i) =>
        turn(ask(i, 'get'), answer(i, long(i * 600)), (value) => `\x1e${json(value)}\n`),
      ),
      told: '3 get',
    },
  });
});
