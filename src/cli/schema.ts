import { configurationJsonSchema } from '../configuration/index.js';

export function printSchema(): void {
  process.stdout.write(`${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`);
}
