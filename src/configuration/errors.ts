import { formatOrigin } from './show.js';

/** A mistake in the configuration, and where it is. */
export interface Problem {
  /** The file as it was named to us, or `--set KEY`. */
  readonly file: string;
  /** Counted from 1. None for a file that cannot be read and for `--set`. */
  readonly line: number | undefined;
  /** The place inside the configuration, as `receivers.uds.sockets[0].listen`; '' for the whole. */
  readonly path: string;
  readonly message: string;
}

/**
 * Thrown for a configuration that cannot be used. `problems` lists every mistake, in the order of files and lines.
 * `warnings` lists what may explain them, such as a variable that is not set.
 */
export class ConfigurationError extends Error {
  readonly code = 'ERR_CONFIGURATION';
  override readonly name = 'ConfigurationError';

  constructor(
    readonly problems: readonly Problem[],
    readonly warnings: readonly string[] = [],
  ) {
    super(problems.map(formatProblem).join('\n'));
  }
}

/** One line: `otel-config.yaml:12: processors.capture.ratio: 1.5 is not a ratio; …`. */
export function formatProblem({ file, line, path, message }: Problem): string {
  const place = formatOrigin({ file, line });
  // `--set receivers.uds.threads` names the place already.
  const parts = path === '' || place.endsWith(` ${path}`) ? [place, message] : [place, path, message];
  return parts.join(': ');
}

/** Sorts by file as given, options last, then by line. Problems on one line keep their order. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = ({ file }: Problem) => (files.includes(file) ? files.indexOf(file) : files.length);
  return [...problems].sort((a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0));
}
