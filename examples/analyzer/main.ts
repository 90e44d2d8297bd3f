/**
 * An analyzer of your own beside udscope: follows the calls that an agent sees, and regularly prints their number and
 * average duration by container and method.
 *
 *   node dist/examples/analyzer/main.js [CONTROL_SOCKET] [SECONDS]
 */
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import type { CallEvent } from '../../src/processors/enrich/events.js';

const [socketPath = '/run/udscope/private/control.sock', seconds = '5'] = process.argv.slice(2);
const totals = new Map<
  string,
  { container: string; method: string; calls: number; answered: number; totalMs: number }
>();

get({ socketPath, path: '/v1/events?type=call' }, (response) => {
  console.log(`${socketPath} answers with HTTP status ${response.statusCode}`);
  createInterface({ input: response })
    .on('line', (line) => take(JSON.parse(line)))
    .on('close', () => process.exit())
    .on('error', fail);
}).on('error', fail);

function fail({ message }: Error): void {
  console.error(`${socketPath}: ${message}`);
  process.exit(1);
}

function take(
  event: CallEvent | { type: 'missed'; count: number } | { type: undefined; error: string },
): void {
  if (event.type !== 'call') {
    console.log(event.type === 'missed' ? `missed ${event.count} events` : event.error);
    return;
  }
  const { method, durationMs } = event;
  const container = event.container['container.name'] ?? event.container['container.id'] ?? '';
  const key = JSON.stringify([container, method]);
  const total = totals.get(key) ?? { container, method, calls: 0, answered: 0, totalMs: 0 };
  totals.set(key, total);
  total.calls++;
  if (durationMs === undefined) return;
  total.answered++;
  total.totalMs += durationMs;
}

setInterval(() => {
  const rows = [...totals.values()].map(({ answered, totalMs, ...row }) => ({
    ...row,
    meanMs: answered === 0 ? undefined : totalMs / answered,
  }));
  totals.clear();
  console.table(rows);
}, Number(seconds) * 1000);
