import { stringify } from 'yaml';
import { configurationJsonSchema, type JsonSchema } from '../../src/configuration/json-schema.js';
import { EXAMPLES } from './examples.js';
import { code, table } from './generated.js';
import { typeText } from './type-text.js';

/** One setting, at its path inside of its component. */
interface Setting {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

const KINDS = ['receivers', 'processors', 'exporters', 'extensions'] as const;

/** A chapter for each component, and one for the service: what can be written, and how that looks. */
export function configurationReference(): string {
  const { properties } = configurationJsonSchema() as { properties: Record<string, JsonSchema> };
  const ofComponents = KINDS.flatMap((kind) =>
    Object.values((properties[kind]?.['patternProperties'] ?? {}) as Record<string, JsonSchema>).map(
      (schema) => chapter(`${kind}.${schema['title']}`, schema),
    ),
  );
  return [...ofComponents, chapter('service', properties['service'] ?? {})].join('\n\n');
}

function chapter(path: string, schema: JsonSchema): string {
  const rows = settingsIn(schema, '').map((setting) => [
    code(setting.path),
    typeText(setting.schema),
    defaultText(setting),
    String(setting.schema['description'] ?? ''),
  ]);
  const example = stringify(nested(path, exampleOf(path, schema)), { lineWidth: 0 }).trimEnd();
  return [
    `### ${path}`,
    table(['Setting', 'Type', 'Default', 'Meaning'], rows),
    `Written out${path === 'service' ? '' : ', with all that it can have'}:`,
    `\`\`\`yaml\n${example}\n\`\`\``,
  ].join('\n\n');
}

/** Those in a map, and in the maps and lists of maps inside of it. */
function settingsIn(schema: JsonSchema, prefix: string): Setting[] {
  const required = (schema['required'] ?? []) as readonly string[];
  return propertiesOf(schema).flatMap(([key, property]) => {
    const path = `${prefix}${key}`;
    const inner = [...variantsOf(property), ...listed(property)];
    const suffix = listed(property).length > 0 ? '[].' : '.';
    return [
      { path, schema: property, isRequired: required.includes(key) },
      ...inner.flatMap((each) => settingsIn(each, `${path}${suffix}`)),
    ];
  });
}

function propertiesOf(schema: JsonSchema): [string, JsonSchema][] {
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
}

/** A schema, or those that one of has to hold. */
function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  return (schema['anyOf'] as readonly JsonSchema[] | undefined) ?? [schema];
}

function listed(schema: JsonSchema): readonly JsonSchema[] {
  const items = schema['items'] as JsonSchema | undefined;
  return items !== undefined && propertiesOf(items).length > 0 ? [items] : [];
}

/** A map of settings has the defaults of these. */
function defaultText({ schema, isRequired }: Setting): string {
  if (variantsOf(schema).some((each) => propertiesOf(each).length > 0) && !('null' in schema)) {
    return schema['default'] === null ? code('null') : '';
  }
  if (isRequired) return 'required';
  return schema['default'] === undefined ? '' : code(JSON.stringify(schema['default']).replaceAll('"', ''));
}

/** The defaults, and an example where there is none. */
function exampleOf(path: string, schema: JsonSchema): unknown {
  if (Object.hasOwn(EXAMPLES, path)) return EXAMPLES[path];
  const properties = variantsOf(schema).flatMap(propertiesOf);
  if (properties.length > 0) {
    const values = properties.map(([key, property]) => [key, exampleOf(`${path}.${key}`, property)]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }
  const value = schema['default'];
  if (value === undefined || value === null) throw new Error(`build/reference/examples.ts has no ${path}`);
  return value;
}

function nested(path: string, value: unknown): unknown {
  return path.split('.').reduceRight((inner: unknown, key) => ({ [key]: inner }), value);
}
