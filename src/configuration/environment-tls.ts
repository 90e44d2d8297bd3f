import { type TlsConfig, tlsSchema } from '../exporters/otlphttp/tls-config.js';
import { readTls } from '../exporters/otlphttp/tls-material.js';
import { accept, type Parsed, refuse } from '../values/parsed.js';

/** Reads the first variable of a list that is set. */
export type Read = <T>(names: readonly string[], parse: (text: string) => Parsed<T>) => T | undefined;

/**
 * The `tls` map of an exporter from the variables of the specification; undefined when there is none. `names` gives the
 * variables of a suffix, the first one first. A client's certificate counts only with its key.
 */
export function readTlsVariables(
  read: Read,
  names: (suffix: string) => readonly string[],
): Partial<TlsConfig> | undefined {
  const authority = read(names('CERTIFICATE'), (file) => usable(file, { ca_file: file }));
  const key = read(names('CLIENT_KEY'), accept);
  const certificate = read(names('CLIENT_CERTIFICATE'), (file) =>
    usable(file, { cert_file: file, key_file: key ?? null }),
  );
  const isAlone = key !== undefined && read(names('CLIENT_CERTIFICATE'), accept) === undefined;
  if (isAlone)
    read(names('CLIENT_KEY'), () => refuse('has no OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE beside it'));
  if (authority === undefined && certificate === undefined) return undefined;
  return {
    ...(authority !== undefined && { ca_file: authority }),
    ...(certificate !== undefined && key !== undefined && { cert_file: certificate, key_file: key }),
  };
}

/** Accepts a file if it can be used as `tls` says. */
function usable(file: string, tls: Partial<TlsConfig>): Parsed<string> {
  try {
    readTls({ ...tlsSchema.parse({}), ...tls });
    return accept(file);
  } catch (error) {
    return refuse(`cannot be used: ${(error as Error).message}`);
  }
}
