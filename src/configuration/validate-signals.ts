import type { Finding } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { type ComponentDefinition, components } from './components.js';
import type { WrittenPipeline } from './pipelines.js';
import type { ParsedComponent } from './validate-components.js';

/** Checks that the components of each pipeline can handle its signal, and work together. */
export function checkSignals(
  pipelines: readonly WrittenPipeline[],
  parsed: readonly ParsedComponent[],
): Finding[] {
  return pipelines
    .filter(({ signal }) => signal !== undefined)
    .flatMap((pipeline) => [...checkProcessors(pipeline), ...checkExporters(pipeline, parsed)]);
}

/** Calls are decoded from what was captured, and spans and log records are made of calls. */
function checkProcessors({ signal, processors, path }: WrittenPipeline): Finding[] {
  const enrich = processors.find(({ type }) => type === 'enrich');
  if (enrich === undefined) {
    if (signal !== 'traces' && signal !== 'logs') return [];
    const what = signal === 'traces' ? 'spans' : 'log records';
    const message = `must have an enrich processor; there are no ${what} without one`;
    return [{ path: [...path, 'processors'], message }];
  }
  const before = processors.slice(0, processors.indexOf(enrich));
  const message = 'enrich needs a capture processor before it';
  return before.some(({ type }) => type === 'capture') ? [] : [{ path: enrich.at, message }];
}

function checkExporters(
  { signal, exporters }: WrittenPipeline,
  parsed: readonly ParsedComponent[],
): Finding[] {
  const definitions = Object.entries<ComponentDefinition>(components.exporters);
  const able = definitions
    .filter(([, { signals }]) => signals?.some((each) => each === signal))
    .map(([type]) => type);
  return exporters.flatMap(({ id, at }) => {
    const exporter = parsed.find((component) => component.kind === 'exporters' && component.id === id);
    if (exporter === undefined || able.includes(exporter.type)) return [];
    return [
      { path: at, message: `exporter ${quote(id)} cannot export ${signal}; give ${able.join(' or ')}` },
    ];
  });
}
