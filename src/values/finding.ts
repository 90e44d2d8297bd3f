import type { Signal } from './signal.js';

/** A place in the configuration: `['receivers', 'uds', 'sockets', 0, 'listen']`. */
export type Path = readonly (string | number)[];

/** A mistake at a place in the configuration. The loader adds the file and line. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** The place to point at, if not `path` itself. */
  readonly at?: Path;
  /** A second place, appended to the message, if two settings contradict each other. */
  readonly other?: Path;
  /** Whether to point at the key instead of its value. */
  readonly ofKey?: boolean;
}

/** A configured component before its schema is applied. `body` may be anything that YAML can express. */
export interface ConfiguredComponent {
  readonly path: Path;
  readonly body: unknown;
  /** Whether a pipeline uses it. */
  readonly used: boolean;
}

/** A component with its part in the pipelines. */
export interface UsedComponent extends ConfiguredComponent {
  /** Signals of the pipelines that an exporter is in; none for other components. */
  readonly signals: readonly Signal[];
}

/** A value that holds by what else was written, as it could be written itself. */
export interface ImpliedValue {
  readonly path: Path;
  readonly value: string | number;
}

/** A metric attribute that the configuration itself defines. */
export interface NamedAttribute {
  readonly name: string;
  readonly path: Path;
}
