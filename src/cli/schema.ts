import { configurationJsonSchema } from '../configuration/json-schema.js';

export function printSchema(): void {
  process.stdout.write(`${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`);
}
