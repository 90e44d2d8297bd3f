import type { Finding, NamedAttribute, UsedComponent } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { TYPE_ADVICE } from './collector-words.js';
import { type ComponentDefinition, type ComponentKind, components } from './components.js';
import { type EnvironmentSettings, fillBody } from './environment.js';
import { NOT_AN_IDENTIFIER, parseIdentifier } from './identifiers.js';
import { type ParsedBody, parseBody } from './parse-body.js';
import { type IsUsed, signalsOf, type WrittenPipeline } from './pipelines.js';
import { type Entry, entriesAt, find, isNull, type Origin, type TreeNode } from './tree.js';

/** A component of a known type, whether or not its configuration was accepted. */
export interface ParsedComponent extends UsedComponent, ParsedBody {
  readonly id: string;
  readonly kind: ComponentKind;
  readonly type: string;
  readonly definition: ComponentDefinition;
  readonly source: Origin;
  /** About environment variables that apply to it. */
  readonly warnings: readonly string[];
}

interface ParsedKind {
  readonly components: readonly ParsedComponent[];
  readonly findings: readonly Finding[];
}

interface Surroundings {
  readonly environment: EnvironmentSettings;
  readonly pipelines: readonly WrittenPipeline[];
  readonly isUsed: IsUsed;
}

/** Reads everything under `receivers:`, or under another kind. */
export function parseKind(root: TreeNode, kind: ComponentKind, surroundings: Surroundings): ParsedKind {
  const node = find(root, [kind]);
  if (node !== undefined && node.kind !== 'map' && !isNull(node)) {
    const message = 'is not a map of components by their ids';
    return { components: [], findings: [{ path: [kind], message }] };
  }
  const results = [...entriesAt(root, [kind])].map(([id, entry]) =>
    parseComponent({ kind, id, entry }, surroundings),
  );
  return {
    components: results.flatMap((result) => ('message' in result ? [] : [result])),
    findings: results.flatMap((result) => ('message' in result ? [result] : result.findings)),
  };
}

function parseComponent(
  { kind, id, entry }: { kind: ComponentKind; id: string; entry: Entry },
  { environment, pipelines, isUsed }: Surroundings,
): ParsedComponent | Finding {
  const path = [kind, id];
  const identifier = parseIdentifier(id);
  if (identifier === undefined) return { path, ofKey: true, message: NOT_AN_IDENTIFIER };
  const found = findType(kind, identifier.type);
  if (found === undefined) return { path, ofKey: true, message: unknownType(kind, identifier.type, id) };
  const [type, definition] = found;
  const signals = kind === 'exporters' ? signalsOf(pipelines, id) : [];
  const defaults = kind === 'exporters' ? environment.defaultsOf(type, signals) : undefined;
  return {
    id,
    kind,
    type,
    definition,
    path,
    source: entry.origin,
    used: isUsed({ kind, id }),
    signals,
    ...parseBody(definition.schema, entry.node, path, (body) => fillBody(body, defaults)),
    warnings: defaults?.warnings ?? [],
  };
}

/** The registered type for a type or one of its aliases. */
function findType(
  kind: ComponentKind,
  name: string,
): [type: string, definition: ComponentDefinition] | undefined {
  const definitions = Object.entries<ComponentDefinition>(components[kind]);
  return definitions.find(([type, { aliases }]) => type === name || aliases.includes(name));
}

/** In the Collector's words, and for its own types what to do instead. */
function unknownType(kind: ComponentKind, type: string, id: string): string {
  const advice = TYPE_ADVICE[kind];
  // In the Collector's words, a list of what there is would only distract from that.
  if (Object.hasOwn(advice, type))
    return `unknown type: ${quote(type)} for id: ${quote(id)}: ${type} ${advice[type]}`;
  const valid = Object.keys(components[kind]).join(', ');
  return `unknown type: ${quote(type)} for id: ${quote(id)} (valid values: [${valid}])`;
}

/** The mistakes that each type finds between its components. */
export function checkTypes(parsed: readonly ParsedComponent[]): Finding[] {
  const definitions = [...new Set(parsed.map(({ definition }) => definition))];
  return definitions.flatMap(
    (each) => each.check?.(parsed.filter(({ definition }) => definition === each)) ?? [],
  );
}

/** The warnings of each type about its components that are used. */
export function warnTypes(parsed: readonly ParsedComponent[]): Finding[] {
  return parsed
    .filter(({ used }) => used)
    .flatMap((component) => component.definition.warn?.(component) ?? []);
}

/** Attribute names that the configuration of components adds to the metrics. */
export function attributesOf(parsed: readonly ParsedComponent[]): NamedAttribute[] {
  return parsed.flatMap((component) => component.definition.attributes?.(component) ?? []);
}
