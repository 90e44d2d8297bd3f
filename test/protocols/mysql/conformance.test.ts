import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { mysql } from '../../../src/protocols/mysql/protocol.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { command, eof, failure, greeting, login, ok, okOfRows, query, rows } from './wire.js';

const sent = (...units: Buffer[]): SampleMessage => ({ direction: SEND as Direction, units });
const received = (...units: Buffer[]): SampleMessage => ({ direction: RECV as Direction, units });

/** Rows as the units that they are: each up to the header of what ends them, and that. */
function set(isDeprecating: boolean): Buffer[] {
  const bytes = rows([['1', 'one']], { isDeprecating });
  const ends = isDeprecating ? [okOfRows(5)] : [eof(4), eof(6)];
  let from = 0;
  return ends.flatMap((end) => {
    const at = bytes.indexOf(end, from) + 4;
    const units = [bytes.subarray(from, at), bytes.subarray(at, at + end.length - 4)];
    from = at + end.length - 4;
    return units;
  });
}

const turns = (isDeprecating: boolean): SampleMessage[] => [
  sent(login(), query(`SELECT ${'id, '.repeat(50)}name FROM orders`)),
  received(greeting(), ok(2), ...set(isDeprecating)),
  sent(query("INSERT INTO orders VALUES (7, 'seven')")),
  received(failure(1062, { text: "Duplicate entry '7'" })),
  sent(command(14)),
  received(ok()),
  sent(query('UPDATE customers SET name = 1')),
  received(ok(1, 2, 'Rows matched: 1')),
  sent(query('SELECT 1')),
  received(...set(isDeprecating)),
];

conformsToProtocol(mysql, [
  { name: 'the old end of rows', messages: turns(false) },
  { name: 'an OK at the end of rows', messages: turns(true) },
]);
