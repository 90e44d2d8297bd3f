import type { Finding } from '../values/finding.js';
import { formatPath } from '../values/mistakes.js';
import { TOP_LEVEL_ADVICE } from './collector-words.js';
import { COMPONENT_KINDS, type ComponentKind } from './components.js';
import type { Configuration, PipelineConfig } from './configuration.js';
import type { EnvironmentSettings } from './environment.js';
import { formatProblem, type Problem } from './errors.js';
import { unknownKey } from './issues.js';
import { checkLabels, warnOfAttributes } from './label-checks.js';
import { type ParsedBody, parseBody } from './parse-body.js';
import { referencesIn, signalOf, usage, writtenPipelines } from './pipelines.js';
import { type ServiceConfig, serviceSchema } from './service-schema.js';
import { formatOrigin } from './show.js';
import { entriesAt, find, locate, type TreeNode } from './tree.js';
import { checkCaptures } from './validate-captures.js';
import {
  attributesOf,
  checkTypes,
  type ParsedComponent,
  parseKind,
  warnTypes,
} from './validate-components.js';
import { checkPipelines, unusedComponents } from './validate-pipelines.js';
import { checkPlaces, checkSilent } from './validate-places.js';
import { checkPorts } from './validate-ports.js';
import { checkSignals } from './validate-signals.js';
import { warnCombinations } from './warn-combinations.js';

export interface Validated {
  /** Missing when there are problems. */
  readonly config?: Configuration;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly components: readonly ParsedComponent[];
  readonly service: ParsedBody;
}

const TOP_LEVEL_KEYS: readonly string[] = [...COMPONENT_KINDS, 'service'];

/** Checks all of a configuration, whichever part of it is wrong, and assembles what the program uses. */
export function validate(root: TreeNode, environment: EnvironmentSettings): Validated {
  const pipelines = writtenPipelines(root);
  const references = referencesIn(root, pipelines);
  const isUsed = usage(references);
  const kinds = COMPONENT_KINDS.map((kind) => parseKind(root, kind, { environment, pipelines, isUsed }));
  const components = kinds.flatMap((kind) => kind.components);
  const service = parseBody(serviceSchema, find(root, ['service']), ['service']);
  const silent = checkSilent(components);
  const findings = [
    ...checkTopLevel(root),
    ...kinds.flatMap((kind) => kind.findings),
    ...service.findings,
    ...checkPipelines(root, pipelines, references),
    ...checkSignals(pipelines, components),
    ...checkCaptures(root, pipelines),
    ...(silent.length > 0 ? silent : [...checkTypes(components), ...checkPlaces(components)]),
    ...checkPorts(components),
    ...checkLabels(root, attributesOf(components)),
  ];
  const problems = findings.map((finding) => toProblem(root, finding));
  const warnings = [
    ...[
      ...unusedComponents(root, isUsed),
      ...warnTypes(components),
      ...warnCombinations(components, pipelines),
      ...warnOfAttributes(root, attributesOf(components)),
    ].map((finding) => formatProblem(toProblem(root, finding))),
    // A component's variables are warned of only where the component is configured, and once.
    ...environment.warnings,
    ...new Set(components.flatMap((component) => component.warnings)),
  ];
  if (problems.length > 0) return { problems, warnings, components, service };
  // Without findings, the schema has accepted the service.
  const config = assemble(root, components, service.config as ServiceConfig, environment);
  return { config, problems, warnings, components, service };
}

function checkTopLevel(root: TreeNode): Finding[] {
  return [...entriesAt(root, []).keys()]
    .filter((key) => !TOP_LEVEL_KEYS.includes(key))
    .map((key) => unknownKey([key], { accepted: TOP_LEVEL_KEYS, helpful: TOP_LEVEL_ADVICE }));
}

/** A finding with its place in the files. */
export function toProblem(root: TreeNode, { path, at = path, message, other, ofKey }: Finding): Problem {
  const { file, line } = locate(root, at, ofKey);
  const end = other === undefined ? '' : ` ${formatPath(other)} (${formatOrigin(locate(root, other))})`;
  return { file, line, path: formatPath(path), message: `${message}${end}` };
}

function assemble(
  root: TreeNode,
  components: readonly ParsedComponent[],
  service: ServiceConfig,
  environment: EnvironmentSettings,
): Configuration {
  return {
    receivers: configured(components, 'receivers'),
    processors: configured(components, 'processors'),
    exporters: configured(components, 'exporters'),
    extensions: configured(components, 'extensions'),
    pipelines: Object.entries(service.pipelines).flatMap(([id, pipeline]): PipelineConfig[] => {
      const signal = signalOf(id);
      return signal === undefined ? [] : [{ id, signal, ...pipeline }];
    }),
    service,
    resource: { ...environment.resource, ...service.telemetry.resource },
    telemetryDisabled: environment.telemetryDisabled,
    positions: (path) => formatOrigin(locate(root, path)),
    fileOf: (path) => {
      const { file, line } = locate(root, path);
      return line === undefined ? undefined : file;
    },
  };
}

function configured<Kind extends ComponentKind>(
  components: readonly ParsedComponent[],
  kind: Kind,
): Configuration[Kind] {
  const entries = components
    .filter((component) => component.kind === kind)
    .map(({ id, type, config, source }) => [id, { id, type, config, source }] as const);
  // `type` is from the registry of this kind, and `config` is the output of its schema.
  return new Map(entries) as unknown as Configuration[Kind];
}
