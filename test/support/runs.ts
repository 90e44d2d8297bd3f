/** As often as a property is tried, of so many times in tests: UDSCOPE_RUNS times as often, for `npm run fuzz:properties`. */
export function runs(count: number): number {
  return count * Number(process.env['UDSCOPE_RUNS'] ?? 1);
}
