import type { Configuration, PipelineConfig } from '../configuration/index.js';
import { SCOPE } from '../telemetry/scope.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import { isEnriched } from './capture-plan.js';
import type { ExporterSpec } from './exporter-set.js';
import { agentResource } from './resource.js';
import type { RunningReceiver } from './running-receiver.js';

/** Receivers that run, by their ids. */
export type Receivers = ReadonlyMap<string, RunningReceiver>;

/** What exporters tell of the agent itself. */
export interface OfAgent {
  readonly tables: readonly SeriesTable[];
  /** Brings all tables up to date. */
  refresh(): Promise<void>;
}

/** The exporters that are to run, each with what the pipelines give it. */
export function exporterSpecs(
  configuration: Configuration,
  receivers: Receivers,
  agent: OfAgent,
): Map<string, ExporterSpec> {
  const specs = new Map<string, ExporterSpec>();
  if (configuration.telemetryDisabled) return specs;
  const resource = agentResource(configuration.resource);
  for (const configured of configuration.exporters.values()) {
    const pipelines = configuration.pipelines.filter(({ exporters }) => exporters.includes(configured.id));
    if (pipelines.length === 0) continue;
    const tables = tablesOf(configuration, pipelines, receivers, agent);
    const spans = receiversOf(pipelines, 'traces', receivers).map((receiver) => receiver.spans);
    const logs = receiversOf(pipelines, 'logs', receivers).map((receiver) => receiver.logs);
    const refresh = () => agent.refresh();
    const source = { tables, spans, logs, scope: SCOPE, resource, refresh };
    specs.set(configured.id, { configured, source });
  }
  return specs;
}

/** Those of them that export spans or log records, without anything else. */
export function callExporterSpecs(specs: ReadonlyMap<string, ExporterSpec>): Map<string, ExporterSpec> {
  const ofCalls = [...specs].filter(([, { source }]) => source.spans.length > 0 || source.logs.length > 0);
  return new Map(
    ofCalls.map(([id, { configured, source }]) => [id, { configured, source: { ...source, tables: [] } }]),
  );
}

/** The tables that metrics pipelines give an exporter; none if it is in none of them. */
function tablesOf(
  configuration: Configuration,
  pipelines: readonly PipelineConfig[],
  receivers: Receivers,
  agent: OfAgent,
): SeriesTable[] {
  const tables = receiversOf(pipelines, 'metrics', receivers).flatMap(({ table, attribution, receiver }) => [
    table,
    attribution,
    receiver.threadTable,
  ]);
  if (tables.length === 0) return [];
  const enriched = pipelines.filter((pipeline) => isEnriched(configuration, pipeline));
  for (const { calls, methods, losses } of receiversOf(enriched, 'metrics', receivers)) {
    tables.push(calls, methods, losses);
  }
  return [...tables, ...agent.tables];
}

/** The receivers in the pipelines of a signal, each once. */
function receiversOf(
  pipelines: readonly PipelineConfig[],
  signal: PipelineConfig['signal'],
  receivers: Receivers,
): RunningReceiver[] {
  const ids = new Set(
    pipelines.filter((pipeline) => pipeline.signal === signal).flatMap((each) => each.receivers),
  );
  return [...receivers].flatMap(([id, receiver]) => (ids.has(id) ? [receiver] : []));
}
