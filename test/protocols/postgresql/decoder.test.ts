import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { postgresql } from '../../../src/protocols/postgresql/protocol.js';
import type { Request, Response } from '../../../src/protocols/protocol.js';
import { CountedMemory } from '../../fuzz/counted-memory.js';
import { repeat } from '../../support/repeat.js';
import { Ear } from '../listen.js';
import * as pg from './wire.js';

const ROWS = [pg.columns(), pg.row(), pg.complete('SELECT 1')];

/** A connection on which a client is let in, to `database`. */
function connected(database = 'shop', settings = { keepPayload: false }): Ear {
  const ear = new Ear(postgresql, settings);
  return ask(ear, pg.startup({ user: 'ann', database })).data(RECV, Buffer.concat(pg.WELCOME));
}

const ask = (ear: Ear, ...messages: Buffer[]) => ear.data(SEND, Buffer.concat(messages));
const answer = (ear: Ear, ...messages: Buffer[]) => ear.data(RECV, Buffer.concat(messages));

function outcomeOf(answers: readonly Response[]): string {
  const [answered] = answers;
  if (answered === undefined) return 'open';
  assert.equal(answers.length, 1, 'it is answered once');
  return answered.error?.code ?? answered.doubt ?? 'fine';
}

/** Calls and how they ended, in the order in which they were made; `noted` has no answer. */
function told({ listener: { requests, responses } }: Ear): string[] {
  return requests.map(({ id, method }) => {
    if (id === undefined) return `${method} noted`;
    return `${method} ${outcomeOf(responses.filter((each) => each.id === id))}`;
  });
}

describe('the decoder of PostgreSQL', () => {
  it('takes a Query for a call, of several statements for one', () => {
    const ear = ask(connected(), pg.query('BEGIN; UPDATE a SET b = 1; COMMIT'));
    answer(ear, pg.complete('BEGIN'), pg.complete('UPDATE 1'), pg.complete('COMMIT'), pg.ready());
    answer(ask(ear, pg.query('')), pg.EMPTY, pg.ready());
    assert.deepEqual(told(ear), ['BEGIN UPDATE a COMMIT fine', '_OTHER fine']);
    assert.equal(ear.listener.requests[0].namespace, 'shop');
  });

  it('takes the database from the user where none is named, and none for replication', () => {
    const namespaceOf = (parameters: Record<string, string>) => {
      const ear = answer(ask(new Ear(postgresql), pg.startup(parameters)), ...pg.WELCOME);
      return ask(ear, pg.query('SELECT 1')).listener.requests[0].namespace;
    };
    assert.equal(namespaceOf({ user: 'ann' }), 'ann');
    assert.equal(namespaceOf({ user: 'ann', application_name: 'database', database: 'shop' }), 'shop');
    assert.equal(namespaceOf({ user: 'ann', replication: 'true' }), undefined);
    assert.equal(namespaceOf({ user: 'a', database: 'd'.repeat(500) })?.length, 128);
  });

  it('tells nothing of how a client is let in, or is not', () => {
    const ear = ask(new Ear(postgresql), pg.startup({ user: 'ann' }));
    answer(ear, pg.message('R', '\0\0\0\x0aSCRAM-SHA-256\0\0'));
    ask(ear, pg.message('p', 'SCRAM-SHA-256\0\0\0\0\x05hello'));
    answer(ear, pg.error('28P01', 'no', 'FATAL'));
    assert.deepEqual(ear.heard, []);
  });

  it('names an Execute after a statement that was parsed long ago, until that is closed', () => {
    const ear = connected();
    answer(ask(ear, pg.parse('SELECT a FROM b', 's1'), pg.SYNC), pg.PARSED, pg.ready());
    for (let i = 0; i < 3; i++) {
      answer(
        ask(ear, pg.bind('s1'), pg.execute(), pg.SYNC),
        pg.BOUND,
        pg.row(),
        pg.complete('SELECT 1'),
        pg.ready(),
      );
    }
    answer(ask(ear, pg.close('s1'), pg.SYNC), pg.CLOSED, pg.ready());
    answer(ask(ear, pg.bind('s1'), pg.execute(), pg.SYNC), pg.error('26000'), pg.ready());
    const executed = repeat(3, () => 'SELECT b fine');
    assert.deepEqual(told(ear), ['PREPARE SELECT b fine', ...executed, 'CLOSE fine', '_OTHER 26000']);
  });

  it('tells portals apart, and each part of a result that is fetched', () => {
    const ear = connected();
    ask(
      ear,
      pg.parse('SELECT a FROM one'),
      pg.bind('', 'p1'),
      pg.parse('SELECT a FROM two'),
      pg.bind('', 'p2'),
    );
    ask(ear, pg.execute('p1', 1), pg.execute('p2', 1), pg.execute('p1', 1), pg.SYNC);
    answer(ear, pg.PARSED, pg.BOUND, pg.PARSED, pg.BOUND, pg.row(), pg.SUSPENDED, pg.row(), pg.SUSPENDED);
    answer(ear, pg.complete('SELECT 0'), pg.ready());
    assert.deepEqual(told(ear), ['SELECT one fine', 'SELECT two fine', 'SELECT one fine']);
  });

  it('counts what prepares a call with it, and not with the next', () => {
    const ear = connected();
    const [first, second] = [pg.extended('SELECT a FROM b'), [pg.bind(), pg.execute(), pg.SYNC]];
    ask(ear, ...first);
    answer(ear, pg.PARSED, pg.BOUND, ...ROWS, pg.ready());
    ask(ear, ...second);
    answer(ear, pg.BOUND, pg.complete('SELECT 0'), pg.ready());
    const bytesOf = (messages: Buffer[]) => Buffer.concat(messages).length;
    const { requests, responses } = ear.listener;
    assert.deepEqual(
      requests.map(({ bytes }) => bytes),
      [first, second].map((messages) => bytesOf(messages.slice(0, -1))),
    );
    assert.equal(responses[1].bytes, bytesOf([pg.BOUND, pg.complete('SELECT 0'), pg.ready()]));
  });

  it('tells a pipeline in its order, and what an error has the server skip as that', () => {
    const ear = connected();
    const one = (sql: string) => pg.extended(sql).slice(0, -1);
    ask(
      ear,
      ...one('INSERT INTO a VALUES (1)'),
      ...one('INSERT INTO b VALUES (1)'),
      ...one('DELETE FROM c'),
      pg.SYNC,
    );
    ask(ear, ...one('SELECT d FROM e'), pg.SYNC);
    answer(ear, pg.PARSED, pg.BOUND, pg.NO_DATA, pg.complete('INSERT 0 1'), pg.error('23505'), pg.ready());
    answer(ear, pg.PARSED, pg.BOUND, ...ROWS, pg.ready());
    assert.deepEqual(told(ear), [
      'INSERT a fine',
      'INSERT b 23505',
      'DELETE c pipeline_aborted',
      'SELECT e fine',
    ]);
    const aborted = ear.listener.responses.find(({ error }) => error?.code === 'pipeline_aborted');
    assert.equal(aborted?.error?.isForeign, true);
  });

  it('has an error that comes before the end of what is prepared answer that', () => {
    const ear = connected();
    answer(ask(ear, pg.parse('SELECT a FROM b', 's'), pg.describeMessage('s', 'S')), pg.error('42703'));
    answer(ask(ear, pg.SYNC), pg.ready());
    answer(ask(ear, pg.parse('SELECT a FROM c')), pg.error('42P01'));
    answer(ask(ear, pg.bind(), pg.execute(), pg.bind(), pg.execute(), pg.SYNC), pg.ready());
    ask(ear, ...pg.extended('SELECT a FROM d'));
    answer(ear, pg.PARSED, pg.BOUND, ...ROWS, pg.ready());
    assert.deepEqual(told(ear), [
      'PREPARE SELECT b 42703',
      'SELECT c 42P01',
      'SELECT c pipeline_aborted',
      'SELECT d fine',
    ]);
  });

  it('takes a commit that fails for the end of the call before it', () => {
    const ear = ask(connected(), ...pg.extended('INSERT INTO a VALUES (1)'));
    answer(ear, pg.PARSED, pg.BOUND, pg.NO_DATA, pg.complete('INSERT 0 1'), pg.error('23503'), pg.ready());
    assert.deepEqual(told(ear), ['INSERT a 23503']);
  });

  it('has a portal that is closed behind its Execute, as sqlx does, be part of that call', () => {
    const ear = connected();
    const one = [...pg.extended('INSERT INTO a VALUES (1)').slice(0, -1), pg.close('', 'P')];
    ask(ear, ...one, pg.SYNC);
    const answers = [pg.PARSED, pg.BOUND, pg.NO_DATA, pg.complete('INSERT 0 1'), pg.CLOSED];
    answer(ear, ...answers, pg.error('23503'), pg.ready());
    ask(ear, ...one, ...one, pg.SYNC);
    answer(ear, ...answers, ...answers, pg.ready());
    ask(ear, ...one, pg.SYNC);
    answer(ear, pg.error('42P01'), pg.ready());
    // What is closed with nothing executed, or when that was answered, is asked for by itself.
    answer(ask(ear, pg.close('s'), pg.SYNC), pg.CLOSED, pg.ready());
    answer(ask(ear, pg.bind('', 'p'), pg.execute('p', 1), pg.FLUSH), pg.BOUND, pg.row(), pg.SUSPENDED);
    answer(ask(ear, pg.close('p', 'P'), pg.SYNC), pg.CLOSED, pg.ready());
    assert.deepEqual(told(ear), [
      'INSERT a 23503',
      ...repeat(2, () => 'INSERT a fine'),
      'INSERT a 42P01',
      'CLOSE fine',
      'INSERT a fine',
      'CLOSE fine',
    ]);
  });

  it('ends a call without a Sync when its command is complete', () => {
    const ear = connected();
    answer(ask(ear, pg.parse('SELECT a FROM b', 's'), pg.describeMessage('s', 'S'), pg.FLUSH), pg.PARSED);
    answer(ear, pg.message('t', '\0\0'), pg.columns());
    answer(ask(ear, pg.bind('s'), pg.execute(), pg.FLUSH), pg.BOUND, pg.row(), pg.complete('SELECT 1'));
    assert.deepEqual(told(ear), ['PREPARE SELECT b fine', 'SELECT b fine']);
    answer(ask(ear, pg.SYNC), pg.ready());
    assert.equal(ear.listener.responses.length, 2);
  });

  it('follows data that are copied in, out and both ways', () => {
    const ear = ask(connected(), pg.query('COPY a FROM STDIN'));
    answer(ear, pg.COPY_IN);
    ask(ear, pg.copyData('1\t2\n'), pg.copyData('1\t2\n'), pg.SYNC, pg.COPY_DONE);
    answer(ear, pg.complete('COPY 2'), pg.ready());
    ask(ear, pg.query('COPY a TO STDOUT'));
    answer(
      ear,
      pg.COPY_OUT,
      pg.copyData('x'),
      pg.copyData('y'),
      pg.COPY_DONE,
      pg.complete('COPY 2'),
      pg.ready(),
    );
    // The first Sync is ignored, because the server waits for data.
    ask(ear, ...pg.extended('COPY b FROM STDIN'));
    answer(ear, pg.PARSED, pg.BOUND, pg.NO_DATA, pg.COPY_IN);
    ask(ear, pg.copyData('1'), pg.COPY_DONE, pg.SYNC);
    answer(ear, pg.complete('COPY 1'), pg.ready());
    answer(ask(ear, pg.query('SELECT a FROM b')), ...ROWS, pg.ready());
    answer(ask(ear, pg.query('START_REPLICATION SLOT s LOGICAL 0/0')), pg.COPY_BOTH, pg.copyData('w'));
    ask(ear, pg.copyData('r'));
    ear.decoder.end(7);
    const [copies, last] = [told(ear).slice(0, 4), told(ear).at(-1)];
    assert.deepEqual(copies, ['COPY a fine', 'COPY a fine', 'COPY b fine', 'SELECT b fine']);
    assert.match(last ?? '', / unfinished$/);
  });

  it('goes on after a copy that fails on either side', () => {
    const ear = answer(ask(connected(), pg.query('COPY a FROM STDIN')), pg.COPY_IN);
    answer(ask(ear, pg.copyData('1'), pg.message('f', 'no\0')), pg.error('57014'), pg.ready());
    answer(ask(ear, pg.query('COPY a FROM STDIN')), pg.COPY_IN);
    answer(ask(ear, pg.copyData('x')), pg.error('22P02'), pg.ready());
    answer(ask(ear, pg.copyData('x'), pg.COPY_DONE, pg.query('SELECT a FROM b')), ...ROWS, pg.ready());
    assert.deepEqual(told(ear), ['COPY a 57014', 'COPY a 22P02', 'SELECT b fine']);
  });

  it('notes notifications and requests to cancel, which have no answer, and no notices', () => {
    const ear = answer(
      connected(),
      pg.notification('orders'),
      pg.notice('hunter2'),
      pg.parameterStatus('a', 'b'),
    );
    answer(
      ask(ear, pg.query('LISTEN orders')),
      pg.notice('x'),
      pg.notification('orders'),
      pg.complete('LISTEN'),
      pg.ready(),
    );
    assert.deepEqual(told(ear), ['NOTIFY noted', 'LISTEN fine', 'NOTIFY noted']);
    const cancel = ask(new Ear(postgresql), pg.opening(pg.CANCEL, '\0\0\0\x07\0\0\0\x09'));
    assert.deepEqual(told(cancel), ['CANCEL noted']);
  });

  it('calls a function', () => {
    const ear = ask(connected(), pg.message('F', '\0\0\0\x09\0\0\0\0\0\0'));
    assert.deepEqual(told(answer(ear, pg.message('V', '\xff\xff\xff\xff'), pg.ready())), ['CALL fine']);
  });

  it('goes on where encryption is refused, and says so where it is not', () => {
    const refused = ask(new Ear(postgresql), pg.opening(pg.GSS)).data(RECV, 'N');
    answer(ask(refused, pg.opening(pg.SSL)).data(RECV, 'N'), ...[]);
    answer(ask(refused, pg.startup({ user: 'a' })), ...pg.WELCOME);
    answer(ask(refused, pg.query('SELECT a FROM b')), ...ROWS, pg.ready());
    assert.deepEqual(told(refused), ['SELECT b fine']);
    for (const [code, byte] of [
      [pg.SSL, 'S'],
      [pg.GSS, 'G'],
    ] as const) {
      const ear = ask(new Ear(postgresql), pg.opening(code)).data(RECV, byte);
      ear.data(SEND, '\x16\x03\x01\x02\0\x01').data(RECV, '\x16\x03\x03\0\x7a\x02');
      assert.deepEqual(ear.listener.reasons, ['encoded']);
    }
    const direct = new Ear(postgresql)
      .data(SEND, '\x16\x03\x01\x02\0\x01')
      .data(RECV, '\x16\x03\x03\0\x7a\x02');
    assert.deepEqual(direct.listener.reasons, ['encoded']);
  });

  it('tells how a query ended that ended its connection', () => {
    const ear = answer(ask(connected(), pg.query('SELECT a FROM b')), pg.error('57P01', 'no', 'FATAL'));
    ear.decoder.end(1);
    const half = answer(ask(connected(), pg.query('SELECT a FROM b')), pg.columns(), pg.row());
    half.decoder.end(1);
    const none = ask(connected(), pg.query('SELECT a FROM b'));
    none.decoder.end(1);
    assert.deepEqual([ear, half, none].map(told), [
      ['SELECT b 57P01'],
      ['SELECT b unfinished'],
      ['SELECT b open'],
    ]);
  });

  it('takes no answer for that to another call after a loss, whatever the client has sent ahead', () => {
    const ear = connected();
    ask(ear, pg.query('SELECT a FROM one'), pg.query('SELECT a FROM two'), pg.query('SELECT a FROM three'));
    ear.lose();
    ask(ear, pg.query('SELECT a FROM four'));
    for (let i = 0; i < 4; i++) answer(ear, ...ROWS, pg.ready());
    assert.deepEqual(told(ear), [
      'SELECT one open',
      'SELECT two open',
      'SELECT three open',
      'SELECT four open',
    ]);
  });

  it('takes none for that to the rest of a turn of which a part was lost', () => {
    const ear = connected();
    const one = (sql: string) => pg.extended(sql).slice(0, -1);
    ask(ear, ...one('SELECT a FROM one'), ...one('SELECT a FROM two'));
    ear.lose();
    ask(ear, ...one('SELECT a FROM three'), pg.SYNC);
    answer(ear, pg.PARSED, pg.BOUND, ...ROWS, pg.error('22012'), pg.ready());
    answer(ask(ear, ...pg.extended('SELECT a FROM four')), pg.PARSED, pg.BOUND, ...ROWS, pg.ready());
    const expected = ['SELECT one open', 'SELECT two open', 'SELECT three open', 'SELECT four fine'];
    assert.deepEqual(told(ear), expected);
  });

  it('loses none of more calls than it remembers, and does not mistake those behind them', () => {
    const ear = connected();
    const many = 20_000;
    for (let i = 0; i < many; i++) ask(ear, pg.bind(), pg.execute());
    ask(ear, pg.SYNC);
    for (let i = 0; i < many; i++) answer(ear, pg.BOUND, pg.complete('INSERT 0 1'));
    answer(ear, pg.ready());
    answer(ask(ear, pg.query('SELECT a FROM b')), ...ROWS, pg.ready());
    const { requests, responses } = ear.listener;
    assert.equal(requests.length, many + 1);
    assert.equal(responses.at(-1)?.id, requests.at(-1)?.id);
    assert.deepEqual(ear.listener.reasons, ['too_large']);
    assert.ok(responses.every(({ id }, i) => i === responses.length - 1 || id === requests[i].id));
  });

  it('keeps a bounded number of statements, and gives all memory back', () => {
    const memory = new CountedMemory();
    const ear = new Ear(postgresql, { keepPayload: true, memory });
    ask(ear, pg.startup({ user: 'a' }));
    for (let i = 0; i < 5000; i++) {
      ask(
        ear,
        pg.parse(`SELECT a FROM b WHERE c = '${'x'.repeat(100)}'`, `s${i}`),
        pg.bind(`s${i}`, `p${i}`),
        pg.SYNC,
      );
    }
    assert.ok(memory.held < 4 * 2 ** 20, `${memory.held} bytes`);
    ear.decoder.release();
    assert.equal(memory.held, 0);
  });

  it('shows nothing but names unless payload is kept, and never a parameter', () => {
    const secret = 'hunter2';
    const converse = (keepPayload: boolean) => {
      const ear = connected('shop', { keepPayload });
      answer(
        ask(ear, pg.query(`SELECT a FROM b WHERE c = '${secret}'`)),
        pg.row(secret),
        pg.error('22012', secret),
        pg.ready(),
      );
      ask(
        ear,
        pg.parse('SELECT a FROM b WHERE c = $1', 's'),
        pg.bind('s', '', 'param-1'),
        pg.execute(),
        pg.SYNC,
      );
      answer(
        ear,
        pg.PARSED,
        pg.BOUND,
        pg.row('param-1'),
        pg.complete('SELECT 1'),
        pg.ready(),
        pg.notification('x', secret),
      );
      return ear;
    };
    assert.doesNotMatch(JSON.stringify(converse(false).heard), /hunter2|param-1/);
    const kept = converse(true);
    assert.doesNotMatch(JSON.stringify(kept.heard), /param-1/);
    const payloads = (messages: readonly (Request | Response)[]) => messages.map(({ payload }) => payload);
    assert.deepEqual(payloads(kept.listener.requests), [
      `SELECT a FROM b WHERE c = '${secret}'`,
      'SELECT a FROM b WHERE c = $1',
      undefined,
    ]);
    assert.deepEqual(payloads(kept.listener.responses), [secret, 'SELECT 1']);
  });
});
