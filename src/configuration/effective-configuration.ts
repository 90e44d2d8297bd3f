import type { Path } from '../values/finding.js';
import { COMPONENT_KINDS } from './components.js';
import type { Configuration } from './configuration.js';
import { type Effective, type EffectiveMap, EffectiveValues } from './effective.js';
import type { ParsedBody } from './parse-body.js';
import { serviceSchema } from './service-schema.js';
import type { Environment } from './substitution.js';
import type { TreeNode } from './tree.js';
import type { ParsedComponent } from './validate-components.js';
import { variablesOf, variablesOfResource } from './variable-origins.js';

/** A configuration that was accepted, and what it was made of. */
export interface Accepted {
  readonly root: TreeNode;
  readonly components: readonly ParsedComponent[];
  readonly service: ParsedBody;
  readonly config: Configuration;
  readonly env: Environment;
}

/** Where attributes of the agent are. */
const RESOURCE: Path = ['service', 'telemetry', 'resource'];

/** All of a configuration, with defaults. */
export function effectiveConfiguration({ root, components, service, config, env }: Accepted): EffectiveMap {
  const values = new EffectiveValues({
    root,
    variables: (path) => {
      const names = variablesAt(path);
      return names.length === 0 ? undefined : names.join(', ');
    },
  });
  const variablesAt = (path: Path): string[] => {
    if (path.length === RESOURCE.length + 1 && RESOURCE.every((key, i) => path[i] === key))
      return variablesOfResource(env, String(path.at(-1)));
    const [kind, id, ...inner] = path;
    const exporter = components.find((each) => each.kind === 'exporters' && each.id === id);
    return kind === 'exporters' && exporter !== undefined ? variablesOf(env, exporter, inner) : [];
  };
  const kinds = COMPONENT_KINDS.map((kind): [string, Effective] => {
    const ofKind = components.filter((component) => component.kind === kind);
    const entries = ofKind.map((each) => [each.id, effectiveComponent(values, each, config)] as const);
    return [kind, values.map([kind], entries)];
  });
  const body = put(service.body, RESOURCE.slice(1), config.resource);
  const shown = kinds.filter(([, node]) => node.kind !== 'map' || node.entries.size > 0);
  return values.map([], [...shown, ['service', values.of(serviceSchema, body, ['service'])]]);
}

function effectiveComponent(
  values: EffectiveValues,
  { definition, body, config: parsed, path }: ParsedComponent,
  { fileOf }: Configuration,
): Effective {
  const implied = definition.implied?.(parsed, (inner) => fileOf([...path, ...inner])) ?? [];
  const whole = implied.reduce<unknown>((filled, { path: at, value }) => put(filled, at, value), body);
  return values.of(definition.schema, whole, path);
}

/** `value` with another one at a path, where maps may be missing. */
function put(value: unknown, path: Path, inner: unknown): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return inner;
  if (Array.isArray(value))
    return value.map((item: unknown, i) => (i === segment ? put(item, rest, inner) : item));
  const map = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...map, [segment]: put(map[segment], rest, inner) };
}
