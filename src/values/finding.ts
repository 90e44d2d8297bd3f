/** Where in the configuration: `['receivers', 'uds', 'sockets', 0, 'listen']`. */
export type Path = readonly (string | number)[];

/** A mistake at a place in the configuration. The loader knows which file and line that is. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** The place to point at when it is not `path` itself. */
  readonly at?: Path;
  /** A place the message ends with, for mistakes that take two to make. */
  readonly other?: Path;
  /** Point at the key, not at its value. */
  readonly ofKey?: boolean;
}

/** A configured component before its schema has had its say: `body` may be anything YAML can hold. */
export interface ConfiguredComponent {
  readonly path: Path;
  readonly body: unknown;
  /** Some pipeline uses it. */
  readonly used: boolean;
}

/** An attribute name that the configuration itself brings to the metrics. */
export interface NamedAttribute {
  readonly name: string;
  readonly path: Path;
}
