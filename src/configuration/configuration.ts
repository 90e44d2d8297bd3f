import type * as z from 'zod';
import type { Path } from '../values/finding.js';
import type { Signal } from '../values/signal.js';
import type { ComponentKind, components } from './components.js';
import type { ResourceValue, ServiceConfig } from './service-schema.js';
import type { Origin } from './tree.js';

type Registry = typeof components;

/** A configured component of one kind. TypeScript narrows `config` by `type`. */
export type ConfiguredOf<Kind extends ComponentKind> = {
  [Type in keyof Registry[Kind]]: {
    /** As the user wrote it: `otlp_http/backup`. */
    readonly id: string;
    /** The registered type: `otlphttp`. */
    readonly type: Type;
    readonly config: Registry[Kind][Type] extends { schema: infer Schema extends z.ZodType }
      ? z.output<Schema>
      : never;
    /** Where the user wrote it. */
    readonly source: Origin;
  };
}[keyof Registry[Kind]];

export interface PipelineConfig {
  /** The signal, or `signal/NAME`: `metrics`, `traces/geth`. */
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

/** A configuration that has passed every check that needs no start. */
export interface Configuration {
  readonly receivers: ReadonlyMap<string, ConfiguredOf<'receivers'>>;
  readonly processors: ReadonlyMap<string, ConfiguredOf<'processors'>>;
  readonly exporters: ReadonlyMap<string, ConfiguredOf<'exporters'>>;
  readonly extensions: ReadonlyMap<string, ConfiguredOf<'extensions'>>;
  readonly pipelines: readonly PipelineConfig[];
  readonly service: ServiceConfig;
  /** `service.telemetry.resource` over OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME. */
  readonly resource: Readonly<Record<string, ResourceValue>>;
  /** OTEL_SDK_DISABLED: relay, and export nothing. */
  readonly telemetryDisabled: boolean;
  /** `otel-config.yaml:12` for a path; for one that was not written, that of the nearest map around it. */
  readonly positions: (path: Path) => string;
  /** The file that a path was written in; undefined when no file has it. */
  readonly fileOf: (path: Path) => string | undefined;
}
