import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { mysql } from '../../../src/protocols/mysql/protocol.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import {
  COMPRESS,
  CURSOR_EXISTS,
  command,
  definition,
  eof,
  execute,
  failure,
  greeting,
  login,
  MORE_RESULTS,
  ok,
  okOfRows,
  packet,
  prepare,
  prepared,
  query,
  rows,
  sslRequest,
  word,
} from './wire.js';

const THREE = [
  ['1', 'a'],
  ['2', 'b'],
  ['3', 'c'],
];

/** What is told, in a few words each. */
function told(ear: Ear): string[] {
  return ear.heard.map((one) => {
    if (one.kind === 'undecodable') return `${one.direction} ${one.reason}`;
    if (one.kind === 'response') return `${one.error?.code ?? one.doubt ?? 'ok'} ${one.bytes}`;
    const database = one.namespace === undefined ? '' : ` in ${one.namespace}`;
    return `${one.method}${one.id === undefined ? ', unanswered' : ''}${database}`;
  });
}

/** A client that is logged in. */
function loggedIn(options: Parameters<typeof login>[0] = {}, keepPayload = false): Ear {
  return new Ear(mysql, { keepPayload }).data(RECV, greeting()).data(SEND, login(options)).data(RECV, ok(2));
}

describe('MysqlDecoder', () => {
  it('tells of no login, however long it takes, and of no failure of one', () => {
    const ear = new Ear(mysql)
      .data(RECV, greeting())
      .data(SEND, login())
      .data(RECV, packet(2, [0xfe], 'caching_sha2_password\0', Buffer.alloc(20)))
      .data(SEND, packet(3, Buffer.alloc(32)))
      .data(RECV, Buffer.concat([packet(4, [1, 3]), ok(5)]))
      .data(SEND, query('SELECT 1'))
      .data(RECV, rows(THREE));
    assert.deepEqual(told(ear), ['SELECT', `ok ${rows(THREE).length}`]);
    const refused = new Ear(mysql)
      .data(RECV, greeting())
      .data(SEND, login())
      .data(RECV, failure(1045, { number: 2 }));
    assert.deepEqual(told(refused), []);
  });

  it('takes all rows and results of a command for one answer, with the bytes of all', () => {
    for (const isDeprecating of [false, true]) {
      const first = rows(THREE, { isDeprecating, status: 2 | MORE_RESULTS });
      const number = isDeprecating ? 8 : 9;
      const second = rows([], { isDeprecating, status: 2 | MORE_RESULTS, first: number });
      const last = ok(number + (isDeprecating ? 4 : 5));
      const ear = loggedIn().data(SEND, query('CALL p()'));
      ear.data(RECV, first).data(RECV, second);
      assert.deepEqual(told(ear), ['CALL p']);
      ear.data(RECV, last);
      assert.deepEqual(told(ear), ['CALL p', `ok ${first.length + second.length + last.length}`]);
    }
  });

  it('knows the error that comes after rows, or with a later statement', () => {
    const ear = loggedIn().data(SEND, query('SELECT a FROM b'));
    const broken = rows(THREE, { end: (number) => failure(1317, { number }) });
    ear.data(RECV, broken);
    ear.data(SEND, query('UPDATE a SET b = 1; UPDATE nothing SET b = 1'));
    ear.data(RECV, ok(1, MORE_RESULTS)).data(RECV, failure(1146, { number: 2 }));
    assert.deepEqual(told(ear), [
      'SELECT b',
      `1317 ${broken.length}`,
      'UPDATE a UPDATE nothing',
      `1146 ${ok().length + failure(1146).length}`,
    ]);
  });

  it('takes rows for nothing else, whatever they begin with, and however many there are', () => {
    const values = [['', ''], ...Array.from({ length: 600 }, (_, i) => [String(i), 'x'])];
    for (const isDeprecating of [false, true]) {
      const ear = loggedIn().data(SEND, query('SELECT a FROM b')).data(SEND, command(14));
      const bytes = rows(values, { isDeprecating });
      ear.data(RECV, Buffer.concat([bytes, ok()]));
      assert.deepEqual(told(ear), ['SELECT b', 'PING', `ok ${bytes.length}`, 'ok 11']);
    }
  });

  it('remembers what was prepared', () => {
    for (const isDeprecating of [false, true]) {
      const ear = loggedIn()
        .data(SEND, prepare('SELECT a FROM b WHERE c = ?'))
        .data(RECV, prepared(7, isDeprecating))
        .data(SEND, execute(7))
        .data(RECV, rows(THREE, { isDeprecating }))
        .data(SEND, execute(8))
        .data(RECV, failure(1243))
        .data(SEND, command(0x19, word(7)))
        .data(SEND, execute(7))
        .data(RECV, failure(1243));
      assert.deepEqual(told(ear), [
        'PREPARE SELECT b',
        'ok 16',
        'SELECT b',
        `ok ${rows(THREE, { isDeprecating }).length}`,
        'STMT_EXECUTE',
        '1243 15',
        'STMT_CLOSE, unanswered',
        'STMT_EXECUTE',
        '1243 15',
      ]);
    }
  });

  it('forgets what was prepared when the session is another', () => {
    for (const renewed of [command(0x1f), command(0x11, 'root\0\0', 'shop\0')]) {
      const ear = loggedIn().data(SEND, prepare('SELECT a FROM b')).data(RECV, prepared(1));
      ear.data(SEND, renewed).data(RECV, ok()).data(SEND, execute(1));
      assert.match(told(ear).at(-1) ?? '', /^STMT_EXECUTE/);
    }
  });

  it('knows what clients of MariaDB prepare and execute at once', () => {
    const ear = loggedIn();
    ear.data(
      SEND,
      Buffer.concat([prepare('INSERT INTO a VALUES (?)'), command(0xfa, word(0xffffffff), [0, 1])]),
    );
    ear.data(RECV, Buffer.concat([prepared(3), ok()]));
    assert.deepEqual(told(ear), ['PREPARE INSERT a', 'BATCH INSERT a', 'ok 16', 'ok 11']);
  });

  it('reads rows by a cursor', () => {
    const fetch = command(0x1c, word(1), word(2));
    const binaryRow = (number: number) => packet(number, [0, 0, 1, 0x61, 1, 0x62]);
    const ear = loggedIn().data(SEND, prepare('SELECT a FROM b')).data(RECV, prepared(1));
    ear.data(SEND, execute(1)).data(RECV, rows([], { end: () => Buffer.alloc(0), status: CURSOR_EXISTS }));
    assert.match(told(ear).at(-1) ?? '', /^ok/);
    ear
      .data(SEND, fetch)
      .data(RECV, Buffer.concat([1, 2, 3].map(binaryRow)))
      .data(RECV, eof(4));
    ear.data(SEND, fetch).data(RECV, eof(1));
    assert.deepEqual(told(ear).slice(4), ['STMT_FETCH', 'ok 39', 'STMT_FETCH', 'ok 9']);
  });

  it('takes a row that is fetched for no number of columns, however short it is', () => {
    const fetch = command(0x1c, word(1), word(2));
    for (const isDeprecating of [false, true]) {
      const ear = loggedIn().data(SEND, prepare('SELECT a FROM b')).data(RECV, prepared(1, isDeprecating));
      const opened = { end: isDeprecating ? undefined : () => Buffer.alloc(0), status: CURSOR_EXISTS };
      ear
        .data(SEND, execute(1))
        .data(RECV, rows([], { isDeprecating, ...opened } as Parameters<typeof rows>[1]));
      const end = isDeprecating ? okOfRows : eof;
      // One column that is NULL, a TINYINT, a text of one letter.
      for (const row of [
        [0, 4],
        [0, 0, 7],
        [0, 0, 1, 0x61],
      ]) {
        ear.data(SEND, fetch).data(RECV, Buffer.concat([packet(1, row), packet(2, row), end(3, 0x80)]));
      }
      ear.data(SEND, query('SELECT a FROM c')).data(RECV, rows([['1', 'a']], { isDeprecating }));
      const fetched = told(ear)
        .slice(4)
        .filter((_, i) => i % 2 === 1);
      assert.deepEqual(
        fetched.map((each) => each.split(' ')[0]),
        ['ok', 'ok', 'ok', 'ok'],
        told(ear).join('\n'),
      );
      assert.equal(told(ear).at(-2), 'SELECT c');
    }
  });

  it('knows which commands have no answer', () => {
    const ear = loggedIn()
      .data(SEND, command(0x18, word(1), [0, 0], 'long data'))
      .data(SEND, command(0x19, word(1)))
      .data(SEND, command(14))
      .data(RECV, ok())
      .data(SEND, command(1));
    assert.deepEqual(told(ear), [
      'STMT_SEND_LONG_DATA, unanswered',
      'STMT_CLOSE, unanswered',
      'PING',
      'ok 11',
      'QUIT, unanswered',
    ]);
  });

  it('knows answers that are a text, definitions, or a stream', () => {
    const ear = loggedIn().data(SEND, command(9)).data(RECV, packet(1, 'Uptime: 5  Threads: 1'));
    ear.data(SEND, command(4, 'orders\0'));
    ear.data(RECV, Buffer.concat([definition(1, 'id'), definition(2, 'name'), eof(3)]));
    ear.data(SEND, command(0x1b, [0, 0])).data(RECV, eof(1));
    ear.data(SEND, command(0x12, Buffer.alloc(10)));
    ear.data(RECV, packet(1, [0], Buffer.alloc(40, 4))).data(RECV, packet(2, [0], Buffer.alloc(40, 4)));
    assert.deepEqual(
      told(ear).map((text) => text.replace(/ \d+$/, '')),
      ['STATISTICS', 'ok', 'FIELD_LIST', 'ok', 'SET_OPTION', 'ok', 'BINLOG_DUMP'],
    );
    ear.decoder.end(9);
    assert.match(told(ear).at(-1) ?? '', /^unfinished/);
  });

  it('takes no file for commands', () => {
    const ear = loggedIn().data(SEND, query("LOAD DATA LOCAL INFILE 'secret' INTO TABLE a"));
    ear.data(RECV, packet(1, [0xfb], 'secret'));
    for (let number = 2; number < 600; number++) ear.data(SEND, packet(number & 255, 'a line\n'));
    ear.data(SEND, packet(600 & 255)).data(RECV, ok(601 & 255));
    ear.data(SEND, command(14)).data(RECV, ok());
    assert.deepEqual(told(ear), ['LOAD a', 'ok 22', 'PING', 'ok 11']);
  });

  it('takes no error that a server closes the connection with for an answer', () => {
    const ear = loggedIn().data(SEND, command(14)).data(RECV, ok());
    ear.data(RECV, failure(4031, { number: 0, state: 'HY000' }));
    assert.deepEqual(told(ear), ['PING', 'ok 11']);
    ear.decoder.end(1);
    assert.deepEqual(told(ear), ['PING', 'ok 11']);
  });

  it('knows how far MariaDB has come from an error', () => {
    const ear = loggedIn().data(SEND, query('ALTER TABLE a ENGINE = b'));
    ear.data(RECV, packet(1, [0xff, 0xff, 0xff, 1, 1, 1, 0, 0, 0], [3], 'foo')).data(RECV, ok(2));
    assert.deepEqual(told(ear), ['ALTER TABLE a', 'ok 28']);
  });

  it('knows MariaDB by its greeting, for as long as the connection lasts', () => {
    for (const [version, system] of [
      ['5.5.5-10.11.6-MariaDB-0+deb12u1', 'mariadb'],
      ['11.8.3-MariaDB', 'mariadb'],
      ['8.4.3', undefined],
    ] as const) {
      const ear = new Ear(mysql).data(RECV, greeting(version)).data(SEND, login()).data(RECV, ok(2));
      ear.data(SEND, command(14)).data(RECV, ok());
      ear.lose();
      ear.data(SEND, command(14)).data(RECV, ok());
      const requests = ear.heard.flatMap((one) => (one.kind === 'request' ? [one.system] : []));
      assert.deepEqual(requests, [system, system]);
    }
    const late = new Ear(mysql).data(SEND, query("SELECT '11.8.3-MariaDB'")).data(RECV, ok());
    assert.ok(late.heard.every((one) => one.kind !== 'request' || one.system === undefined));
  });

  it('knows the database, as far as that is certain', () => {
    const ear = loggedIn({ database: 'shop' });
    const ask = (text: string, answer = ok()) => ear.data(SEND, query(text)).data(RECV, answer);
    ask('SELECT 1').data(SEND, command(2, 'other_1')).data(RECV, ok());
    ask('DO 1');
    ask('USE nothing', failure(1049));
    ask('DO 2');
    ask('use `a``b`;');
    ask('DO 3')
      .data(SEND, command(0x11, 'root\0\x01x', 'third\0'))
      .data(RECV, ok());
    ask('DO 4');
    ask('USE a; SELECT 1');
    ask('DO 5').lose();
    ask('DO 6');
    assert.deepEqual(
      told(ear).filter((text) => !text.startsWith('ok') && !text.startsWith('1049')),
      [
        'SELECT in shop',
        'INIT_DB in shop',
        'DO in other_1',
        'USE nothing in other_1',
        'DO in other_1',
        'use `a``b` in other_1',
        'DO in a`b',
        'CHANGE_USER in a`b',
        'DO in third',
        'USE a SELECT in third',
        'DO',
        'DO',
      ],
    );
  });

  it('reads queries behind their attributes, and the trace that they name', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const text = 'SELECT a FROM b';
    const named = (type: number, name: string) => Buffer.from([type, 0, name.length, ...Buffer.from(name)]);
    const ear = loggedIn();
    const ask = (...parts: Parameters<typeof command>[1][]) =>
      ear.data(SEND, command(3, ...(parts as Buffer[]), text)).data(RECV, ok());
    ask([0, 1]);
    ask([1, 1, 0, 1], named(15, 'traceparent'), [trace.length], trace);
    // A NULL, a number, a time, and the trace, whose length takes three bytes.
    const types = [named(254, 'a'), named(8, 'b'), named(12, 'c'), named(254, 'traceparent')];
    ask([4, 1, 1, 1], ...types, Buffer.alloc(8), [4, 1, 2, 3, 4], [0xfc, trace.length, 0], trace);
    ask([1, 1, 0, 1], named(15, 'traceparent'), [7], 'nothing');
    assert.deepEqual(told(ear), Array.from({ length: 4 }, () => ['SELECT b', 'ok 11']).flat());
    const traces = ear.listener.requests.map(({ traceparent }) => traceparent);
    assert.deepEqual(traces, [undefined, trace, trace, undefined]);
    // What is longer than all there is, or of a form that is not known, hides the text.
    for (const parts of [
      [1, 1, 0, 1, 15, 0, 200],
      [1, 1, 0, 1, 15, 0, 1, 0x61, 0xfe],
      [1, 2],
      [1, 1, 0, 0],
      [8, 1, 0, 1],
    ])
      ask(parts);
    assert.deepEqual(told(ear).slice(8), Array.from({ length: 5 }, () => ['_OTHER', 'ok 11']).flat());
  });

  it('tells nothing more of what is encrypted or compressed, and says so once', () => {
    const secret = new Ear(mysql).data(RECV, greeting()).data(SEND, sslRequest());
    secret.data(SEND, '\x16\x03\x01\x02\0\x01').data(RECV, '\x16\x03\x03\0\x7a\x02');
    assert.deepEqual(told(secret), ['0 encoded']);
    const compressed = loggedIn({ capabilities: COMPRESS });
    compressed.data(SEND, '\x05\0\0\0\0\0\0\x01\0\0\0\x0e').data(RECV, ok());
    assert.deepEqual(told(compressed), ['0 encoded']);
    for (const ear of [secret, compressed]) assert.equal(ear.decoder.hasGivenUp, false);
  });

  it('puts packets together that belong to one payload', () => {
    const full = Buffer.alloc(0xffffff, 'x');
    full.write("\x03INSERT INTO a VALUES ('");
    const ear = loggedIn()
      .data(SEND, packet(0, full))
      .data(SEND, packet(1, Buffer.alloc(0xffffff, 'x')));
    assert.deepEqual(told(ear), []);
    ear.data(SEND, packet(2, "x')")).data(RECV, ok(3));
    const large = Buffer.concat([
      packet(1, [1]),
      definition(2, 'a'),
      packet(3, [0xfd, 0xff, 0xff, 0xff], Buffer.alloc(0xffffff - 4)),
      packet(4, [0xff, 0xfe], Buffer.alloc(10)),
      okOfRows(5),
    ]);
    ear.data(SEND, query('SELECT a FROM b')).data(RECV, large);
    assert.deepEqual(told(ear), ['INSERT a', 'ok 11', 'SELECT b', `ok ${large.length}`]);
  });

  it('knows the outcome of rows that were cut, where their last bytes were kept', () => {
    for (const end of [eof(7), okOfRows(6), failure(1317, { number: 6 })]) {
      const isDeprecating = end.length !== 9;
      const bytes = rows(THREE, { isDeprecating, end: () => end });
      const endAt = bytes.length - end.length + 4;
      const columnsAt = isDeprecating ? endAt : bytes.indexOf(eof(4)) + 4;
      for (const tail of [0, 4, 30]) {
        const ear = loggedIn().data(SEND, query('SELECT a FROM b'));
        const show = (from: number, to: number) => {
          ear.data(RECV, bytes.subarray(from, from + 9)).gap(RECV, to - from - 9 - tail, tail === 0);
          if (tail > 0) ear.data(RECV, bytes.subarray(to - tail, to)).gap(RECV, 0, true);
        };
        show(0, columnsAt);
        if (!isDeprecating) {
          ear.data(RECV, bytes.subarray(columnsAt, columnsAt + 5));
          show(columnsAt + 5, endAt);
        }
        ear.data(RECV, bytes.subarray(endAt));
        ear.data(SEND, command(14)).data(RECV, ok());
        const outcome = end[4] === 0xff ? '1317' : 'ok';
        const expected = tail === 0 ? 'truncated' : `${outcome} ${bytes.length}`;
        assert.equal(
          told(ear)[1].replace(/(truncated) \d+/, '$1'),
          expected,
          `${end.toString('hex')} ${tail}`,
        );
        assert.deepEqual(told(ear).slice(-2), ['PING', 'ok 11']);
      }
    }
  });

  it('knows it as well where head and tail are all there is of rows', () => {
    for (const isDeprecating of [false, true]) {
      const bytes = rows(THREE, { isDeprecating });
      const last = bytes.length - (isDeprecating ? 7 : 5);
      const ends = isDeprecating ? [last] : [bytes.indexOf(eof(4)) + 4, bytes.indexOf(eof(4)) + 9, last];
      const ear = loggedIn().data(SEND, query('SELECT a FROM b'));
      let from = 0;
      for (const to of [...ends, bytes.length]) {
        const head = Math.min(to, from + 9);
        ear.data(RECV, bytes.subarray(from, head));
        if (to > head) ear.data(RECV, bytes.subarray(head, to)).gap(RECV, 0, true);
        from = to;
      }
      ear.data(SEND, query('SELECT c FROM d')).data(RECV, failure(1146));
      assert.deepEqual(told(ear), ['SELECT b', `ok ${bytes.length}`, 'SELECT d', '1146 15']);
    }
  });

  it('shows texts and errors only where payload is kept', () => {
    for (const keepPayload of [false, true]) {
      const ear = loggedIn({}, keepPayload).data(SEND, query("SELECT a FROM b WHERE c = 'secret'"));
      ear.data(RECV, failure(1064, { text: "near 'secret'" }));
      const { requests, responses } = ear.listener;
      assert.equal(requests[0].payload, keepPayload ? "SELECT a FROM b WHERE c = 'secret'" : undefined);
      assert.equal(responses[0].payload, keepPayload ? "near 'secret'" : undefined);
      assert.equal(responses[0].error?.message, '');
      if (!keepPayload) assert.ok(!JSON.stringify(ear.heard).includes('secret'));
    }
  });

  it('tells the same of any conversation, however it comes in pieces', () => {
    const results = fc.constantFrom(
      ok(),
      failure(1146),
      rows([]),
      rows(THREE),
      rows(THREE, { isDeprecating: true }),
      rows(THREE, { end: (number) => failure(1317, { number }) }),
    );
    fc.assert(
      fc.property(fc.array(results, { maxLength: 12 }), fc.array(fc.nat(60)), (answers, sizes) => {
        const asked = Buffer.concat(answers.map(() => query('SELECT a FROM b')));
        const bytes = Buffer.concat(answers);
        const whole = loggedIn().data(SEND, asked).data(RECV, bytes);
        const ear = loggedIn().data(SEND, asked);
        let at = 0;
        for (const size of sizes) {
          ear.data(RECV, bytes.subarray(at, at + size));
          at += size;
        }
        ear.data(RECV, bytes.subarray(at));
        assert.deepEqual(told(ear), told(whole));
        assert.equal(ear.listener.responses.length, answers.length);
        assert.deepEqual(
          ear.listener.responses.map(({ bytes }) => bytes),
          answers.map(({ length }) => length),
        );
      }),
      { numRuns: runs(300) },
    );
  });
});
