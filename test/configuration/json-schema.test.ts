import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { COMPONENT_KINDS, type ComponentDefinition, components } from '../../src/configuration/components.js';
import { configurationJsonSchema, type JsonSchema } from '../../src/configuration/json-schema.js';
import { unwrap } from '../../src/configuration/schema-walk.js';
import { pipelineSchema, serviceSchema } from '../../src/configuration/service-schema.js';
import { schemaMistakes } from './json-schema-check.js';
import { CASES } from './support.js';

const schema = configurationJsonSchema();

function mistakesIn(name: string): string[] {
  return schemaMistakes(schema, parse(readFileSync(`${CASES}/${name}.yaml`, 'utf8')));
}

/** The JSON Schema of a part, which has to be there. */
function part(of: JsonSchema, ...keys: string[]): JsonSchema {
  return keys.reduce<JsonSchema>((inner, key) => {
    const next = inner[key];
    assert.ok(typeof next === 'object' && next !== null, `${key} is missing`);
    return next as JsonSchema;
  }, of);
}

/** A zod schema and the JSON Schema of its input have the same keys, all of them described, all the way down. */
function assertSameKeys(zodSchema: z.core.$ZodType, json: JsonSchema, path: string): void {
  const inner = unwrap(zodSchema);
  if (inner instanceof z.ZodArray) assertSameKeys(inner.def.element, part(json, 'items'), `${path}[]`);
  if (!(inner instanceof z.ZodObject)) return;
  const map = Array.isArray(json['anyOf'])
    ? (json['anyOf'] as JsonSchema[]).find((option) => option['properties'])
    : json;
  assert.ok(map, path);
  assert.equal(map['additionalProperties'], false, path);
  assert.deepEqual(Object.keys(part(map, 'properties')), Object.keys(inner.shape), path);
  for (const [key, value] of Object.entries<z.core.$ZodType>(inner.shape)) {
    const property = part(map, 'properties', key);
    assert.match(String(property['description']), /^[A-Za-z].*\.$/, `${path}.${key} has no description`);
    if (!(unwrap(value) instanceof z.ZodRecord)) assertSameKeys(value, property, `${path}.${key}`);
  }
}

describe('configurationJsonSchema', () => {
  it('is of draft 2020-12, and no more than JSON', () => {
    assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
    assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
  });

  it('accepts configurations that the loader accepts', () => {
    for (const name of ['complete', 'minimal']) assert.deepEqual(mistakesIn(name), []);
  });

  it('refuses much of what the loader refuses', () => {
    const names = [
      'uds-unknown-keys',
      'uds-values',
      'uds-access',
      'uds-client-limits',
      'prometheus-values',
      'otlphttp-values',
      'debug-values',
      'capture-values',
      'capture-then',
      'enrich-values',
      'control-values',
    ];
    const others = [
      'types-unknown',
      'top-level-unknown-keys',
      'service-values',
      'pipelines-incomplete',
      'pipelines-ids',
    ];
    for (const name of [...names, ...others]) assert.notDeepEqual(mistakesIn(name), [], name);
  });

  it('has every key of every component', () => {
    for (const kind of COMPONENT_KINDS) {
      const bodies = Object.entries(part(schema, 'properties', kind, 'patternProperties'));
      const definitions = Object.entries<ComponentDefinition>(components[kind]);
      assert.equal(bodies.length, definitions.length);
      for (const [type, definition] of definitions) {
        for (const id of [type, `${type}/name`, ...definition.aliases]) {
          const body = bodies.find(([pattern]) => new RegExp(pattern, 'u').test(id))?.[1];
          assert.ok(body, `${kind} ${id}`);
          assertSameKeys(definition.schema, body as JsonSchema, type);
        }
      }
    }
  });

  it('has every key of the service', () => {
    const service = part(schema, 'properties', 'service');
    assertSameKeys(serviceSchema, service, 'service');
    const pipelines = part(service, 'properties', 'pipelines', 'patternProperties');
    const [pipeline] = Object.values(pipelines) as JsonSchema[];
    assertSameKeys(pipelineSchema, pipeline ?? {}, 'pipeline');
  });

  it('gives durations and sizes as what they are written like', () => {
    const [uds] = Object.values(part(schema, 'properties', 'receivers', 'patternProperties')) as JsonSchema[];
    const size = part(uds ?? {}, 'properties', 'buffer_size');
    assert.deepEqual(schemaMistakes(size, '4KiB'), []);
    assert.deepEqual(schemaMistakes(size, 4096), []);
    assert.notDeepEqual(schemaMistakes(size, '4KB'), []);
    const timeout = part(uds ?? {}, 'properties', 'sockets', 'items', 'properties', 'idle_timeout');
    assert.deepEqual(schemaMistakes(timeout, '1m30s'), []);
    assert.notDeepEqual(schemaMistakes(timeout, '5 minutes'), []);
    assert.equal(timeout['default'], '0s');
  });
});
