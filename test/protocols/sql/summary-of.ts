import type { SqlDialect } from '../../../src/protocols/sql/dialect.js';
import { SqlSummary } from '../../../src/protocols/sql/summary.js';

/** That of a text, which stands where other bytes do. */
export function summaryOf(text: string, dialect: SqlDialect, isCut = false): string {
  const bytes = Buffer.from(`'x${text}'x`);
  return new SqlSummary(dialect).read(bytes, 2, bytes.length - 2, isCut);
}
