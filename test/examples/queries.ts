/** What the examples for Prometheus and Grafana ask. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { repositoryPath } from '../support/paths.js';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleFile {
  readonly groups: { readonly name: string; rules: Rule[] }[];
}

export interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

export const RULE_FILES: readonly string[] = ['recording-rules.yml', 'alert-rules.yml'];

export function prometheusExample(name: string): string {
  return repositoryPath('examples', 'prometheus', name);
}

export function readYaml<Content>(path: string): Content {
  return parse(readFileSync(path, 'utf8')) as Content;
}

export function ruleFile(name: string): RuleFile {
  return readYaml(prometheusExample(name));
}

export function rules(): Rule[] {
  return RULE_FILES.flatMap((name) => ruleFile(name).groups.flatMap((group) => group.rules));
}

export function dashboard(): Dashboard {
  return JSON.parse(
    readFileSync(repositoryPath('examples', 'grafana', 'dashboards', 'udscope.json'), 'utf8'),
  ) as Dashboard;
}

/** Its queries, each with the panel that it belongs to. */
export function dashboardQueries(): { readonly panel: string; readonly expr: string }[] {
  return dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => ({ panel: `${title} (${refId})`, expr })),
  );
}

/** A query as Grafana sends it. `chosen`: values of variables; all of those that are not there. */
export function filled(query: string, chosen: Readonly<Record<string, string>> = {}): string {
  return query
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(\w+)/g, (_whole, name: string) => chosen[name] ?? '.*');
}

/** Names of metrics that queries select, those of a regular expression among `known`; what rules record is none. */
export function metricsIn(query: string, known: readonly string[]): string[] {
  const named = [
    ...query
      .replaceAll(/"[^"]*"/g, '""')
      .matchAll(/\b((?:uds|udscope|otel_sdk|rpc|http|db|mcp)_\w+)(?=[{[\s)]|$)/g),
  ];
  const matched = [...query.matchAll(/__name__=~"([^"]+)"/g)].flatMap(([, expression]) => {
    const names = known.filter((name) => new RegExp(`^(?:${expression})$`).test(name));
    // One that matches nothing is told of under its own name.
    return names.length === 0 ? [expression ?? ''] : names;
  });
  const labels = new Set(
    [...query.matchAll(/\b(?:by|on|without) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */)),
  );
  return [...named.map(([, name = '']) => name), ...matched].filter((name) => !labels.has(name));
}
