import type * as z from 'zod';
import { debugExporterSchema } from '../exporters/debug/config.js';
import { otlpHttpExporterSchema } from '../exporters/otlphttp/config.js';
import { checkOtlpHttp, warnOfOtlpHttp } from '../exporters/otlphttp/config-checks.js';
import { prometheusExporterSchema } from '../exporters/prometheus/config.js';
import { controlExtensionSchema } from '../extensions/control/config.js';
import { checkGroups, warnOfGroup } from '../extensions/control/config-checks.js';
import { dashboardExtensionSchema } from '../extensions/dashboard/config.js';
import { warnOfDashboard } from '../extensions/dashboard/config-checks.js';
import { captureProcessorSchema } from '../processors/capture/config.js';
import { checkCaptureProcessors, warnOfCapture } from '../processors/capture/config-checks.js';
import { impliedByCapture } from '../processors/capture/implied.js';
import { enrichProcessorSchema } from '../processors/enrich/config.js';
import { warnOfPayload } from '../processors/enrich/config-checks.js';
import { checkUdsReceivers, impliedByUds, udsAttributes, udsReceiverSchema } from '../receivers/uds/index.js';
import type {
  ConfiguredComponent,
  Finding,
  ImpliedValue,
  NamedAttribute,
  Path,
  UsedComponent,
} from '../values/finding.js';
import { SIGNALS, type Signal } from '../values/signal.js';

export const COMPONENT_KINDS = ['receivers', 'processors', 'exporters', 'extensions'] as const;

export type ComponentKind = (typeof COMPONENT_KINDS)[number];

/** What the configuration has to know of a type of component. */
export interface ComponentDefinition {
  readonly schema: z.ZodObject;
  /** Other names for the type. */
  readonly aliases: readonly string[];
  /** Signals that an exporter takes. Other components work for all of them. */
  readonly signals?: readonly Signal[];
  /** Finds mistakes between all configured components of the type. */
  readonly check?: (components: readonly ConfiguredComponent[]) => Finding[];
  /** Finds what is no mistake and yet should be known. */
  readonly warn?: (component: UsedComponent) => Finding[];
  /**
   * Values that were not written, or not so, and that hold by what else was written. `fileOf`: the file that a path was written in.
   * Paths are inside the component.
   */
  readonly implied?: (config: unknown, fileOf: (path: Path) => string | undefined) => ImpliedValue[];
  /** Attribute names that a component's configuration brings to the metrics. */
  readonly attributes?: (component: ConfiguredComponent) => NamedAttribute[];
}

type Registry = Readonly<Record<ComponentKind, Readonly<Record<string, ComponentDefinition>>>>;

/** Every type of component there is, by kind. */
export const components = {
  receivers: {
    uds: {
      schema: udsReceiverSchema,
      aliases: [],
      check: checkUdsReceivers,
      attributes: udsAttributes,
      implied: impliedByUds,
    },
  },
  processors: {
    capture: {
      schema: captureProcessorSchema,
      aliases: [],
      check: checkCaptureProcessors,
      warn: warnOfCapture,
      implied: impliedByCapture,
    },
    enrich: { schema: enrichProcessorSchema, aliases: [], warn: warnOfPayload },
  },
  exporters: {
    prometheus: { schema: prometheusExporterSchema, aliases: [], signals: ['metrics'] },
    otlphttp: {
      schema: otlpHttpExporterSchema,
      aliases: ['otlp_http'],
      signals: SIGNALS,
      check: checkOtlpHttp,
      warn: warnOfOtlpHttp,
    },
    debug: { schema: debugExporterSchema, aliases: [], signals: SIGNALS },
  },
  extensions: {
    control: { schema: controlExtensionSchema, aliases: [], check: checkGroups, warn: warnOfGroup },
    dashboard: { schema: dashboardExtensionSchema, aliases: [], warn: warnOfDashboard },
  },
} as const satisfies Registry;
