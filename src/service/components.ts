import type { z } from 'zod';
import { debugExporterSchema } from '../exporters/debug/config.js';
import { otlpHttpExporterSchema } from '../exporters/otlphttp/config.js';
import { prometheusExporterSchema } from '../exporters/prometheus/config.js';
import { udsReceiverSchema } from '../receivers/uds/config.js';
import { checkUdsReceivers, udsAttributes } from '../receivers/uds/config-checks.js';
import type { ConfiguredComponent, Finding, NamedAttribute } from '../values/finding.js';

export const COMPONENT_KINDS = ['receivers', 'processors', 'exporters', 'extensions'] as const;

export type ComponentKind = (typeof COMPONENT_KINDS)[number];

/** What the configuration has to know of a type of component. */
export interface ComponentDefinition {
  readonly schema: z.ZodObject;
  /** Other names for the type. */
  readonly aliases: readonly string[];
  /** Finds mistakes between all configured components of the type. */
  readonly check?: (components: readonly ConfiguredComponent[]) => Finding[];
  /** Attribute names that a component's configuration brings to the metrics. */
  readonly attributes?: (component: ConfiguredComponent) => NamedAttribute[];
}

type Registry = Readonly<Record<ComponentKind, Readonly<Record<string, ComponentDefinition>>>>;

/** Every type of component there is, by kind. */
export const components = {
  receivers: {
    uds: { schema: udsReceiverSchema, aliases: [], check: checkUdsReceivers, attributes: udsAttributes },
  },
  processors: {},
  exporters: {
    prometheus: { schema: prometheusExporterSchema, aliases: [] },
    otlphttp: { schema: otlpHttpExporterSchema, aliases: ['otlp_http'] },
    debug: { schema: debugExporterSchema, aliases: [] },
  },
  extensions: {},
} as const satisfies Registry;

/** Types that the documentation speaks of and this version does not have yet. */
export const laterTypes: Readonly<Record<ComponentKind, readonly string[]>> = {
  receivers: [],
  processors: ['capture', 'enrich'],
  exporters: [],
  extensions: ['health_check', 'control'],
};
