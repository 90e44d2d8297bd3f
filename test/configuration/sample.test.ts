import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { configurationJsonSchema, type JsonSchema } from '../../src/configuration/json-schema.js';
import { loadConfiguration } from '../../src/configuration/load.js';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { schemaMistakes } from './json-schema-check.js';

const SAMPLE = repositoryPath('otel-config.yaml');

/** Every property name in a JSON Schema. */
function keys(schema: JsonSchema): string[] {
  return Object.entries(schema).flatMap(([name, value]) => {
    if (typeof value !== 'object' || value === null) return [];
    const own = name === 'properties' ? Object.keys(value) : [];
    return [...own, ...keys(value as JsonSchema)];
  });
}

/** The sample with what it shows as comments made part of it. */
function withComments(text: string): string {
  return text.replace(/^( +)# ( *(?:- )?[\w/]+:)/gm, '$1$2');
}

describe('otel-config.yaml', () => {
  const cleanup = useCleanup();
  const text = readFileSync(SAMPLE, 'utf8');
  const schema = configurationJsonSchema();

  it('loads without a warning, like the example for the runtime', () => {
    for (const file of [SAMPLE, repositoryPath('examples', 'runtime', 'agent.yaml')]) {
      assert.deepEqual(loadConfiguration({ files: [file], sets: [], env: {} }).warnings, [], file);
    }
  });

  it('loads without a warning with the exporter and the pipeline that it has in comments', () => {
    const file = join(cleanup.directory(), 'otel-config.yaml');
    writeFileSync(
      file,
      withComments(text).replace('exporters: [prometheus]', 'exporters: [prometheus, otlphttp]'),
    );
    const { warnings } = loadConfiguration({ files: [file], sets: [], env: {} });
    assert.deepEqual(
      warnings.filter((warning) => !warning.includes('is configured but not used')),
      [],
    );
  });

  it('is what the JSON Schema describes, with and without what it has in comments', () => {
    assert.deepEqual(schemaMistakes(schema, parse(text)), []);
    assert.deepEqual(schemaMistakes(schema, parse(withComments(text))), []);
  });

  it('mentions every key there is', () => {
    for (const key of new Set(keys(schema))) assert.ok(text.includes(`${key}:`), `${key} is missing`);
  });
});
