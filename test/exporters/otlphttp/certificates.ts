import { readFileSync } from 'node:fs';
import { repositoryPath } from '../../support/paths.js';

/** A file of `certificates/`, which make.sh has made: `ca.pem`, `client-key.pem`, … */
export function certificatePath(name: string): string {
  return repositoryPath('test', 'exporters', 'otlphttp', 'certificates', name);
}

export function certificateText(name: string): string {
  return readFileSync(certificatePath(name), 'utf8');
}

/** What a server shows, in the words of node:tls. */
export function identity(name: string): { cert: string; key: string } {
  return { cert: certificateText(`${name}.pem`), key: certificateText(`${name}-key.pem`) };
}

/** What a client shows, in the words of a configuration. */
export const CLIENT = {
  cert_file: certificatePath('client.pem'),
  key_file: certificatePath('client-key.pem'),
};
