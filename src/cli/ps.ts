import { setTimeout as sleep } from 'node:timers/promises';
import { printableJson } from '../values/printable.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { noteDraining } from './control/draining.js';
import { runCommand } from './control/run-command.js';
import { opsOf, type Rates, ratesSince } from './ps/rates.js';
import { containerListing, type Listing, type Row, socketListing } from './ps/rows.js';
import { type Column, formatTable } from './terminal/table.js';
import { formatBytes, formatCount } from './terminal/units.js';
import { terminalWidth } from './terminal/width.js';

export interface PsOptions extends ControlOptions {
  /** Between the two samples of which rates are made, in ms; 0: no rates. */
  interval: number;
  /** Sockets instead of containers. */
  sockets?: boolean;
  json?: boolean;
}

/** Lists containers and processes by the sockets that they use, with their traffic. */
export async function ps(options: PsOptions): Promise<void> {
  await runCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal);
    const listing = options.sockets === true ? socketListing : containerListing;
    const { rows, rates } = await measure(client, { listing, intervalMs: options.interval, signal });
    process.stdout.write(
      options.json === true
        ? json(rows, rates)
        : table(listing, { rows, rates, intervalMs: options.interval }),
    );
    await noteDraining(client);
  });
}

interface Measured {
  readonly rows: readonly Row[];
  /** The rates of each row, in the same order; empty when there are none. */
  readonly rates: readonly (Rates | undefined)[];
}

async function measure(
  client: ControlClient,
  { listing, intervalMs, signal }: { listing: Listing; intervalMs: number; signal: AbortSignal },
): Promise<Measured> {
  const before = await listing.read(client);
  if (intervalMs === 0) return { rows: before, rates: [] };
  const startMs = performance.now();
  await sleep(intervalMs, undefined, { signal });
  const rows = await listing.read(client);
  return { rows, rates: ratesSince(before, rows, (performance.now() - startMs) / 1000) };
}

const right = (title: string): Column => ({ title, align: 'right' });
/** What a narrow terminal has no room for, after the columns that a listing itself can do without. */
const TOTALS = [{ ...right('CONNS'), rank: 11 }, right('SENT'), right('RECV'), { ...right('OPS'), rank: 10 }];
const RATES = ['SENT/S', 'RECV/S', 'OPS/S'].map(right);

function table(listing: Listing, { rows, rates, intervalMs }: Measured & { intervalMs: number }): string {
  const hasRates = intervalMs > 0;
  const columns = [...listing.columns, ...TOTALS, ...(hasRates ? RATES : [])];
  const lines = rows.map((row, i) => [
    ...row.cells,
    ...totals(row),
    ...(hasRates ? rateCells(rates[i]) : []),
  ]);
  return formatTable(columns, lines, terminalWidth());
}

function totals({ counts }: Row): string[] {
  const { active, sendBytes, recvBytes } = counts;
  return [formatCount(active), formatBytes(sendBytes), formatBytes(recvBytes), formatCount(opsOf(counts))];
}

function rateCells(rates: Rates | undefined): string[] {
  if (rates === undefined) return ['-', '-', '-'];
  return [formatBytes(rates.sendBytes), formatBytes(rates.recvBytes), formatCount(rates.ops)];
}

function json(rows: readonly Row[], rates: Measured['rates']): string {
  const lines = rows.map((row, i) => printableJson({ ...row.json, rates: rates[i] }));
  return lines.length === 0 ? '[]\n' : `[${lines.join(',\n')}]\n`;
}
