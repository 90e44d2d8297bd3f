import type { ConfiguredComponent, Finding, NamedAttribute, Path } from '../values/finding.js';
import { NOT_YET } from '../values/mistakes.js';
import { quote } from '../values/quote.js';
import { type ComponentDefinition, type ComponentKind, components, laterTypes } from './components.js';
import { type ComponentDefaults, type EnvironmentSettings, fillBody } from './environment.js';
import { NOT_AN_IDENTIFIER, parseIdentifier } from './identifiers.js';
import { type ParsedBody, parseBody } from './parse-body.js';
import { signalsOf } from './pipeline-lists.js';
import { type Entry, entriesAt, find, isNull, type Origin, type TreeNode } from './tree.js';

/** A component with a known type, before anybody looks whether its configuration was accepted. */
export interface ParsedComponent {
  readonly id: string;
  readonly kind: ComponentKind;
  readonly type: string;
  readonly source: Origin;
  readonly path: Path;
  readonly parsed: ParsedBody;
  /** Of variables that are for it. */
  readonly warnings: readonly string[];
}

interface ParsedKind {
  readonly components: readonly ParsedComponent[];
  readonly findings: readonly Finding[];
}

/** Reads everything under `receivers:`, or one of the others. */
export function parseKind(root: TreeNode, kind: ComponentKind, environment: EnvironmentSettings): ParsedKind {
  const node = find(root, [kind]);
  if (node !== undefined && node.kind !== 'map' && !isNull(node)) {
    return {
      components: [],
      findings: [{ path: [kind], message: 'is not a map of components by their ids' }],
    };
  }
  const results = [...entriesAt(root, [kind])].map(([id, entry]) =>
    parseComponent(kind, id, entry, kind === 'exporters' ? defaultsOf(root, id, environment) : undefined),
  );
  return {
    components: results.flatMap((result) => ('message' in result ? [] : [result])),
    findings: results.flatMap((result) => ('message' in result ? [result] : result.parsed.findings)),
  };
}

function parseComponent(
  kind: ComponentKind,
  id: string,
  entry: Entry,
  defaults: ComponentDefaults | undefined,
): ParsedComponent | Finding {
  const path = [kind, id];
  const identifier = parseIdentifier(id);
  if (identifier === undefined) return { path, ofKey: true, message: NOT_AN_IDENTIFIER };
  const type = resolveType(kind, identifier.type);
  if (type === undefined) return { path, ofKey: true, message: unknownType(kind, identifier.type, id) };
  const parsed = parseBody(definitionOf(kind, type).schema, entry.node, path, (body) =>
    fillBody(body, defaults),
  );
  return { id, kind, type, source: entry.origin, path, parsed, warnings: defaults?.warnings ?? [] };
}

function defaultsOf(
  root: TreeNode,
  id: string,
  environment: EnvironmentSettings,
): ComponentDefaults | undefined {
  const type = resolveType('exporters', parseIdentifier(id)?.type ?? '');
  return type === undefined ? undefined : environment.defaultsOf(type, signalsOf(root, id));
}

/** The registered type for a type or an alias of one. */
function resolveType(kind: ComponentKind, name: string): string | undefined {
  const definitions = Object.entries<ComponentDefinition>(components[kind]);
  return definitions.find(([type, { aliases }]) => type === name || aliases.includes(name))?.[0];
}

function definitionOf(kind: ComponentKind, type: string): ComponentDefinition {
  const definitions: Readonly<Record<string, ComponentDefinition>> = components[kind];
  const definition = definitions[type];
  if (definition === undefined) throw new Error(`${type} is not registered among the ${kind}`);
  return definition;
}

/** The Collector's words, and for types to come a few more. */
function unknownType(kind: ComponentKind, type: string, id: string): string {
  const valid = Object.keys(components[kind]).join(', ');
  const later = laterTypes[kind].includes(type) ? `; ${type} ${NOT_YET}` : '';
  return `unknown type: ${quote(type)} for id: ${quote(id)} (valid values: [${valid}])${later}`;
}

/** What types find between their components: `isUsed` says whether some pipeline uses one. */
export function checkTypes(
  parsed: readonly ParsedComponent[],
  isUsed: (component: ParsedComponent) => boolean,
): Finding[] {
  return [...byType(parsed).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const check = definitionOf(first.kind, first.type).check;
    return check?.([first, ...others].map((component) => asConfigured(component, isUsed(component)))) ?? [];
  });
}

/** What types have to say of components that are used, other than mistakes. */
export function warnTypes(
  parsed: readonly ParsedComponent[],
  isUsed: (component: ParsedComponent) => boolean,
): Finding[] {
  return parsed
    .filter(isUsed)
    .flatMap(
      (component) => definitionOf(component.kind, component.type).warn?.(asConfigured(component, true)) ?? [],
    );
}

/** Attribute names that the configuration of components brings to the metrics. */
export function attributesOf(parsed: readonly ParsedComponent[]): NamedAttribute[] {
  return parsed.flatMap((component) => {
    const attributes = definitionOf(component.kind, component.type).attributes;
    return attributes?.(asConfigured(component, true)) ?? [];
  });
}

function asConfigured({ path, parsed }: ParsedComponent, used: boolean): ConfiguredComponent {
  return { path, body: parsed.body, used };
}

function byType(parsed: readonly ParsedComponent[]): Map<string, ParsedComponent[]> {
  const groups = new Map<string, ParsedComponent[]>();
  for (const component of parsed) {
    const key = `${component.kind} ${component.type}`;
    groups.set(key, [...(groups.get(key) ?? []), component]);
  }
  return groups;
}
