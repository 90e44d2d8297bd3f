import { RECV, SEND } from '../../../src/protocols/direction.js';
import { postgresql } from '../../../src/protocols/postgresql/protocol.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import {
  AUTHENTICATED,
  BOUND,
  columns,
  complete,
  error,
  extended,
  PARSED,
  query,
  ready,
  row,
  startup,
} from './wire.js';

const STARTUP = startup({ user: 'a' });

/** A conversation that goes on with turns. It opens with the first of them. */
function opened(...turns: readonly (readonly [Buffer[], Buffer[]])[]): SampleMessage[] {
  return turns.flatMap(([asked, answered], i): SampleMessage[] => [
    { direction: SEND, units: i === 0 ? [STARTUP, ...asked] : asked },
    { direction: RECV, units: i === 0 ? [AUTHENTICATED, ready(), ...answered] : answered },
  ]);
}

const rows = (count: number) => Buffer.concat(Array.from({ length: count }, (_, i) => row(`row ${i}`)));

conformsToProtocol(postgresql, [
  {
    name: 'queries',
    messages: opened(
      [[query('SELECT id FROM orders WHERE name = 1')], [columns(), rows(3), complete('SELECT 3'), ready()]],
      [[query("INSERT INTO orders VALUES ('a')")], [complete('INSERT 0 1'), ready()]],
      [[query('DELETE FROM missing WHERE id = 1')], [error('42P01'), ready()]],
      [[query('BEGIN')], [complete('BEGIN'), ready('T')]],
      [
        [query('SELECT id FROM orders WHERE name = 1')],
        [columns(), rows(1), complete('SELECT 1'), ready('T')],
      ],
    ),
  },
  {
    name: 'statements that are prepared',
    messages: opened(
      [
        extended('SELECT id FROM orders WHERE a = $1'),
        [PARSED, BOUND, columns(), rows(2), complete('SELECT 2'), ready()],
      ],
      [extended('UPDATE orders SET a = $1'), [PARSED, BOUND, complete('UPDATE 9'), ready()]],
      [extended('UPDATE missing SET a = $1'), [error('42P01'), ready()]],
      [
        extended('SELECT id FROM orders WHERE a = $1'),
        [PARSED, BOUND, columns(), rows(1), complete('SELECT 1'), ready()],
      ],
    ),
  },
]);
