/**
 * An analyzer of your own beside udscope: follows the calls that an agent sees, and prints every so often how
 * many there were and how long they took on average, by container and method.
 *
 *   node dist/examples/analyzer/main.js [CONTROL_SOCKET] [SECONDS]
 */
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import type { CallEvent } from '../../src/processors/enrich/events.js';

const [socketPath = '/run/udscope/control.sock', seconds = '5'] = process.argv.slice(2);
const totals = new Map<string, { container: string; method: string; calls: number; durationsMs: number[] }>();

get({ socketPath, path: '/v1/events?type=call' }, (response) => {
  console.log(`${socketPath} answers with HTTP status ${response.statusCode}`);
  createInterface({ input: response })
    .on('line', (line) => take(JSON.parse(line)))
    .on('close', () => process.exit());
}).on('error', ({ message }) => {
  console.error(message);
  process.exitCode = 1;
  clearInterval(timer);
});

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
  const total = totals.get(key) ?? { container, method, calls: 0, durationsMs: [] };
  totals.set(key, total);
  total.calls++;
  if (durationMs !== undefined) total.durationsMs.push(durationMs);
}

const timer = setInterval(() => {
  const rows = [...totals.values()].map(({ durationsMs, ...row }) => {
    const meanMs = durationsMs.reduce((sum, ms) => sum + ms, 0) / durationsMs.length;
    return { ...row, meanMs };
  });
  totals.clear();
  console.table(rows);
}, Number(seconds) * 1000);
