import * as z from 'zod';
import { SIGNALS } from '../values/signal.js';
import { COMPONENT_KINDS, type ComponentDefinition, type ComponentKind, components } from './components.js';
import { pipelineSchema, serviceSchema } from './service-schema.js';

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const DESCRIPTIONS: Readonly<Record<ComponentKind, string>> = {
  receivers: 'Where traffic is observed, by id: a type, or type/name for several of one type.',
  processors: 'What is done with the traffic, by id.',
  exporters: 'Where telemetry goes, by id.',
  extensions: 'What works beside the pipelines, by id.',
};

/**
 * The JSON Schema, draft 2020-12, of a configuration file, from the schemas that check it. It is for editors:
 * a value with `${env:NAME}` in it is known only at start, and is measured as it is written.
 */
export function configurationJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'udscope configuration',
    type: 'object',
    properties: {
      ...Object.fromEntries(COMPONENT_KINDS.map((kind) => [kind, kindSchema(kind)])),
      service: serviceJsonSchema(),
    },
    required: ['receivers', 'exporters', 'service'],
    additionalProperties: false,
  };
}

function kindSchema(kind: ComponentKind): JsonSchema {
  const definitions = Object.entries<ComponentDefinition>(components[kind]);
  const bodies = definitions.map(([type, { schema, aliases }]) => [
    `^(?:${[type, ...aliases].join('|')})${NAME_SUFFIX}$`,
    { title: type, ...inputSchema(schema), type: ['object', 'null'] },
  ]);
  return {
    title: kind,
    description: DESCRIPTIONS[kind],
    type: ['object', 'null'],
    patternProperties: Object.fromEntries(bodies),
    additionalProperties: false,
  };
}

/** Looser than the loader's rule, in words that every dialect of regular expressions has. */
const NAME_SUFFIX = '(?:/\\S+)?';

function serviceJsonSchema(): JsonSchema {
  const schema = inputSchema(serviceSchema);
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const pipelines = {
    description: properties['pipelines']?.['description'],
    type: 'object',
    minProperties: 1,
    patternProperties: { [`^(?:${SIGNALS.join('|')})${NAME_SUFFIX}$`]: pipelineJsonSchema() },
    additionalProperties: false,
  };
  return { title: 'service', ...schema, properties: { ...properties, pipelines }, required: ['pipelines'] };
}

/** The lists of a pipeline have defaults only so that a missing one is reported in the Collector's words. */
function pipelineJsonSchema(): JsonSchema {
  const schema = inputSchema(pipelineSchema);
  const { receivers, processors, exporters } = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const atLeastOne = (list: JsonSchema | undefined) => {
    const { default: _, ...rest } = list ?? {};
    return { ...rest, minItems: 1 };
  };
  return {
    title: 'pipeline',
    ...schema,
    properties: { receivers: atLeastOne(receivers), processors, exporters: atLeastOne(exporters) },
    required: ['receivers', 'exporters'],
  };
}

/** The JSON Schema of a schema's input, without `$schema`, which only the root has. */
function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema, '~standard': standard, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
