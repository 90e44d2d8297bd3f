import * as my from '../protocols/mysql/wire.js';
import { conversations } from './support/conversation.js';
import { c, long, type Steps, s, times } from './support/steps.js';

const MARIADB = '11.8.3-MariaDB-0+deb13u1';

/** A client that is let in. */
const welcome = (version?: string): Steps => [
  s(my.greeting(version)),
  c(my.login({ database: 'shop' })),
  s(my.ok(2)),
];

const turn = (asked: Buffer, ...answered: readonly Buffer[]): Steps => [c(asked), s(Buffer.concat(answered))];

const FIFTY = Array.from({ length: 50 }, (_, i) => [String(i), long(30)]);

/** Columns as an ORM names them: all of them. */
const COLUMNS = Array.from({ length: 40 }, (_, i) => `\`order\`.\`column_number_${i}\``).join(', ');

const PING = my.command(14);
const QUIT = my.command(1);
const close = (statement: number) => my.command(0x19, my.word(statement));

describe('what clients of MySQL and MariaDB say is told as they know it', () => {
  conversations({
    'a command line: queries, one of which fails, with rows that end in the old way and in the new one': {
      steps: [
        welcome(),
        times(6, (i) =>
          turn(
            my.query(`SELECT * FROM orders WHERE note = '${long(700)}'`),
            my.rows(FIFTY, { isDeprecating: i % 2 === 0 }),
          ),
        ),
        turn(my.query('SELECT * FROM missing'), my.failure(1146, { text: long(400) })),
        turn(my.query("INSERT INTO orders VALUES ('x'), ('y')"), my.ok(1, 2, long(60))),
        c(QUIT),
      ],
      told: '6 SELECT:orders, 1 SELECT:missing 1146, 1 INSERT:orders, 1 QUIT noted',
    },
    'an ORM, whose tables stand behind long lists of columns': {
      steps: [
        welcome(MARIADB),
        times(5, () => turn(my.query(`SELECT ${COLUMNS} FROM \`order\` WHERE \`id\` = 1`), my.rows(FIFTY))),
      ],
      told: '5 SELECT:`order`',
    },
    'a driver that prepares, and executes what it has prepared': {
      steps: [
        welcome(),
        turn(my.prepare('UPDATE stock SET n = n - ? WHERE id = ?'), my.prepared(7)),
        times(10, (i) => turn(my.execute(7), i === 9 ? my.failure(1213, { state: '40001' }) : my.ok())),
        c(close(7)),
        turn(PING, my.ok()),
      ],
      told: '1 PREPARE:UPDATE:stock, 9 UPDATE:stock, 1 UPDATE:stock 1213, 1 STMT_CLOSE noted, 1 PING',
    },
    'a procedure with several results, and an error in the last': {
      steps: [
        welcome(),
        turn(
          my.query('CALL report(1)'),
          my.rows(FIFTY, { status: 2 | my.MORE_RESULTS }),
          my.rows(FIFTY, {
            first: 1 + FIFTY.length + 5,
            end: (number) => my.failure(1317, { number, state: '70100' }),
          }),
        ),
        turn(my.query('CALL report(2)'), my.rows(FIFTY, { status: 2 | my.MORE_RESULTS }), my.ok(56)),
      ],
      told: '1 CALL:report 1317, 1 CALL:report',
    },
    'a client that sends ahead': {
      steps: [
        welcome(MARIADB),
        turn(
          Buffer.concat([my.query('INSERT INTO a VALUES (1)'), my.query('INSERT INTO b VALUES (1)'), PING]),
          my.ok(),
          my.failure(1062, { state: '23000' }),
          my.ok(),
        ),
      ],
      told: '1 INSERT:a, 1 INSERT:b 1062, 1 PING',
    },
    'an error in the middle of rows': {
      steps: [
        welcome(),
        turn(
          my.query('SELECT * FROM orders'),
          my.rows(FIFTY, { end: (number) => my.failure(1969, { number, state: '70100' }) }),
        ),
      ],
      told: '1 SELECT:orders 1969',
    },
    'a client that leaves in the middle of a result': {
      steps: [
        welcome(),
        c(my.query('SELECT * FROM orders')),
        s(my.rows(FIFTY, { end: () => Buffer.alloc(0) })),
      ],
      told: '1 SELECT:orders unknown',
      ms: [],
      isLate: true,
    },
    'a client that is not let in': {
      steps: [s(my.greeting(MARIADB)), c(my.login()), s(my.failure(1045, { number: 2, state: '28000' }))],
      told: '',
    },
    'a client that encrypts': {
      steps: [s(my.greeting()), c(my.sslRequest()), c('\x16\x03\x01\x02\0', long(500)), s(long(900))],
      told: '[1 encoded]',
    },
  });
});
