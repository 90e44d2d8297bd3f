import * as pg from '../protocols/postgresql/wire.js';
import { conversations } from './support/conversation.js';
import { c, long, type Steps, s, times } from './support/steps.js';

const WELCOME: Steps = [c(pg.startup({ user: 'app', database: 'shop' })), s(Buffer.concat(pg.WELCOME))];

const turn = (asked: readonly Buffer[], ...answered: readonly Buffer[]): Steps => [
  c(Buffer.concat(asked)),
  s(Buffer.concat(answered)),
];
const prepared = [pg.PARSED, pg.BOUND];

/** Columns as an ORM names them: all of them. */
const COLUMNS = Array.from({ length: 40 }, (_, i) => `"shop_order"."column_number_${i}"`).join(', ');

describe('what clients of PostgreSQL say is told as they know it', () => {
  conversations({
    'psql: queries, one of which fails, and no encryption': {
      steps: [
        c(pg.opening(pg.SSL)),
        s('N'),
        WELCOME,
        times(5, () =>
          turn(
            [pg.query(`SELECT * FROM orders WHERE note = '${long(700)}'`)],
            pg.columns(),
            ...Array.from({ length: 50 }, () => pg.row()),
            pg.complete('SELECT 50'),
            pg.ready(),
          ),
        ),
        turn([pg.query('SELECT * FROM missing')], pg.error('42P01', long(700)), pg.ready()),
        c(pg.TERMINATE),
      ],
      told: '5 SELECT:orders, 1 SELECT:missing 42P01',
    },
    'an ORM, whose tables stand behind long lists of columns': {
      steps: [
        WELCOME,
        times(5, () =>
          turn(
            pg.extended(`SELECT ${COLUMNS} FROM "shop_order" WHERE "id" = $1`),
            ...prepared,
            pg.columns(),
            pg.row(),
            pg.complete('SELECT 1'),
            pg.ready(),
          ),
        ),
      ],
      told: '5 SELECT:"shop_order"',
    },
    'a driver that prepares, and executes what it has prepared': {
      steps: [
        WELCOME,
        turn(
          [pg.parse('UPDATE stock SET n = n - $1', 's1'), pg.describeMessage('s1', 'S'), pg.SYNC],
          pg.PARSED,
          pg.message('t', '\0\0'),
          pg.NO_DATA,
          pg.ready(),
        ),
        times(10, (i) =>
          turn(
            [pg.bind('s1', '', 'x'.repeat(20)), pg.execute(), pg.SYNC],
            pg.BOUND,
            i === 9 ? pg.error('40001') : pg.complete('UPDATE 1'),
            pg.ready(),
          ),
        ),
      ],
      told: '1 PREPARE:UPDATE:stock, 9 UPDATE:stock, 1 UPDATE:stock 40001',
    },
    'a pipeline, of which an error has the rest skipped': {
      steps: [
        WELCOME,
        turn(
          [
            ...['ta', 'tb', 'tc'].flatMap((table) => [
              pg.parse(`INSERT INTO ${table} VALUES ($1)`),
              pg.bind(),
              pg.execute(),
            ]),
            pg.SYNC,
          ],
          ...prepared,
          pg.complete('INSERT 0 1'),
          pg.error('23505'),
          pg.ready(),
        ),
      ],
      told: '1 INSERT:ta, 1 INSERT:tb 23505, 1 INSERT:tc pipeline_aborted',
    },
    'a client that leaves in the middle of a result': {
      steps: [
        WELCOME,
        c(pg.query('SELECT * FROM orders')),
        s(Buffer.concat([pg.columns(), ...Array.from({ length: 500 }, () => pg.row())])),
      ],
      told: '1 SELECT:orders unknown',
      ms: [],
      isLate: true,
    },
    'a listener, and another connection that cancels': {
      steps: [
        WELCOME,
        turn([pg.query('LISTEN orders')], pg.complete('LISTEN'), pg.ready()),
        times(3, () => s(pg.notification('orders', long(700)))),
      ],
      told: '1 LISTEN, 3 NOTIFY noted',
    },
    'a request to cancel': {
      steps: [c(pg.opening(pg.CANCEL, '\0\0\0\x07\0\0\0\x09'))],
      told: '1 CANCEL noted',
    },
  });
});
