import { stdout } from 'node:process';

/** What a part of the campaign has found. */
export interface PartReport {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly failures: readonly string[];
}

/** Failures of one part that are printed; the first say it all. */
const PRINTED_MAX = 10;

export function print({ name, figures, failures }: PartReport): void {
  const shown = Object.entries(figures).map(([key, value]) => `${key} ${value}`);
  stdout.write(`${name}: ${shown.join(', ')}\n`);
  for (const failure of failures.slice(0, PRINTED_MAX)) stdout.write(`  WRONG ${failure}\n`);
  if (failures.length > PRINTED_MAX) stdout.write(`  … and ${failures.length - PRINTED_MAX} more\n`);
}
