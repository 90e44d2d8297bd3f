import { configurationJsonSchema } from '../../configuration/index.js';
import type { ManualPage } from './command-page.js';
import { bold, escapeRoff, page, section, tagged } from './roff.js';

type Schema = Readonly<Record<string, unknown>>;

const NAME = 'otel-config';

const DESCRIPTION = [
  'A configuration of udscope reads like one of the OpenTelemetry Collector: receivers observe traffic, processors and exporters do',
  'something with it, extensions work beside them, and service says which of them are used.',
  `Ids of components are a type, or type/name. \${env:NAME}, \${env:NAME:-default} and \${file:PATH} are replaced.`,
].join(' ');

const EXAMPLE = `receivers:
  uds:
    sockets:
      - { name: docker, upstream: /var/run/docker.sock }
exporters:
  prometheus: { endpoint: localhost:9464 }
service:
  pipelines:
    metrics: { receivers: [uds], exporters: [prometheus] }`;

/** The page of the configuration: every key there is, from the schema that checks it. */
export function configurationPage(version: string): ManualPage {
  const { properties } = configurationJsonSchema() as { properties: Readonly<Record<string, Schema>> };
  const text = page({ name: NAME, section: 5, version }, [
    ...section('NAME', [`${escapeRoff(NAME)} \\- configuration of udscope`]),
    ...section('DESCRIPTION', [
      escapeRoff(DESCRIPTION),
      '.PP',
      `${bold('udscope validate')} checks a file, ${bold('udscope schema')} prints its JSON Schema for an editor.`,
    ]),
    ...section('EXAMPLE', ['.EX', escapeRoff(EXAMPLE), '.EE']),
    ...Object.entries(properties).flatMap(([key, schema]) =>
      section(key.toUpperCase(), describe(schema, key)),
    ),
    ...section('SEE ALSO', [
      escapeRoff('udscope(1), udscope-validate(1), udscope-config-print(1), udscope-schema(1)'),
    ]),
  ]);
  return { file: `${NAME}.5`, text };
}

/** A paragraph for each key below a schema, by its whole path. */
function describe(schema: Schema, path: string): string[] {
  return children(schema).flatMap(([key, child]) => {
    const below = `${path}.${key}`;
    const inside = isSchema(child['items']) ? `${below}[]` : below;
    return [...tagged(below, said(child)), ...describe(child, inside)];
  });
}

/** The keys of a map, and those of the maps in a list. */
function children({ properties, patternProperties, items }: Schema): [string, Schema][] {
  const own = Object.entries((properties ?? {}) as Readonly<Record<string, Schema>>);
  const named = Object.values((patternProperties ?? {}) as Readonly<Record<string, Schema>>).map(
    (schema): [string, Schema] => [String(schema['title'] ?? '*'), schema],
  );
  return [...own, ...named, ...(isSchema(items) ? children(items) : [])];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

function said({ description, default: byDefault, enum: choices }: Schema): string {
  const isPlain = byDefault !== undefined && (typeof byDefault !== 'object' || Array.isArray(byDefault));
  return [
    ...(typeof description === 'string' ? [description] : []),
    ...(Array.isArray(choices) ? [`One of ${choices.map(String).join(', ')}.`] : []),
    ...(isPlain ? [`Default: ${JSON.stringify(byDefault)}.`] : []),
  ].join(' ');
}
