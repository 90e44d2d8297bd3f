import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import type { SecureVersion } from 'node:tls';
import { attempt } from '../../values/attempt.js';
import { FileTextError, readFileText } from '../../values/file-text.js';
import { printable } from '../../values/printable.js';
import type { TlsConfig } from './tls-config.js';

/** All well-known authorities together have a quarter of that. */
const MAX_PEM_BYTES = 2 ** 20;

const CERTIFICATES = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END [A-Z0-9 ]+-----/g;

type Part = 'ca' | 'cert' | 'key';

const PARTS: readonly Part[] = ['ca', 'cert', 'key'];

/** What is wrong with a part of the TLS settings. The message names no secret. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly code = 'UDSCOPE_TLS';

  /** `key`: the setting to mend, as `ca_file`. */
  constructor(
    readonly key: string,
    message: string,
  ) {
    super(message);
  }
}

/** What connections are made with, in the words of node:tls. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
}

/** Reads and checks all of it. @throws TlsError */
export function readTls(config: TlsConfig): TlsMaterial {
  checkPairs(config);
  const [ca, cert, key] = PARTS.map((part) => readPart(config, part));
  if (ca !== undefined) for (const pem of certificates('ca', config, ca)) certificate('ca', config, pem);
  if (cert !== undefined && key !== undefined) checkKey(config, cert, key);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(config.server_name_override !== null && { servername: config.server_name_override }),
    rejectUnauthorized: !config.insecure_skip_verify,
    minVersion: `TLSv${config.min_version}`,
    maxVersion: `TLSv${config.max_version}`,
  };
}

/** Changes whenever one of the files does: it is written, or replaced, or another link leads to it. */
export function tlsVersion(config: TlsConfig): string {
  return PARTS.map((part) => {
    const file = config[`${part}_file`];
    const stats = file === null ? undefined : attempt(() => statSync(file, { bigint: true }));
    return stats === undefined ? '' : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
  }).join(';');
}

function checkPairs(config: TlsConfig): void {
  for (const part of PARTS) {
    if (config[`${part}_file`] !== null && config[`${part}_pem`] !== null) {
      throw new TlsError(`${part}_pem`, `is given beside ${part}_file; give one of them`);
    }
  }
  const [cert, key] = [keyOf(config, 'cert'), keyOf(config, 'key')];
  if (cert !== undefined && key === undefined) {
    throw new TlsError(cert, 'needs its key; give key_file too');
  }
  if (cert === undefined && key !== undefined) {
    throw new TlsError(key, 'needs its certificate; give cert_file too');
  }
  if (config.min_version > config.max_version) {
    throw new TlsError('min_version', `${config.min_version} is above max_version, ${config.max_version}`);
  }
}

/** The setting that a part comes from; undefined if it is not given. */
function keyOf(config: TlsConfig, part: Part): `${Part}_file` | `${Part}_pem` | undefined {
  if (config[`${part}_file`] !== null) return `${part}_file`;
  return config[`${part}_pem`] === null ? undefined : `${part}_pem`;
}

function readPart(config: TlsConfig, part: Part): string | undefined {
  const file = config[`${part}_file`];
  if (file === null) return config[`${part}_pem`] ?? undefined;
  try {
    return readFileText(file, MAX_PEM_BYTES);
  } catch (error) {
    if (!(error instanceof FileTextError)) throw error;
    throw new TlsError(`${part}_file`, `${named(file)} ${error.message}`);
  }
}

/** The certificates in a text. @throws TlsError if there is none. */
function certificates(part: 'ca' | 'cert', config: TlsConfig, text: string): string[] {
  return (
    text.match(CERTIFICATES) ??
    refuse(part, config, 'has no certificate in PEM (-----BEGIN CERTIFICATE-----)')
  );
}

function certificate(part: 'ca' | 'cert', config: TlsConfig, pem: string): X509Certificate {
  return (
    attempt(() => new X509Certificate(pem)) ??
    refuse(part, config, 'has a certificate in PEM that cannot be read: it is broken')
  );
}

function checkKey(config: TlsConfig, cert: string, text: string): void {
  const [leaf] = certificates('cert', config, cert).map((pem) => certificate('cert', config, pem));
  if (/ENCRYPTED/.test(text)) refuse('key', config, 'has a passphrase; give a key without one');
  const key = attempt(() => createPrivateKey(text));
  if (key === undefined) refuse('key', config, 'has no private key in PEM (-----BEGIN PRIVATE KEY-----)');
  if (leaf?.checkPrivateKey(key as KeyObject) === false) {
    refuse('key', config, `is not the key of the certificate in ${keyOf(config, 'cert')}`);
  }
}

function refuse(part: Part, config: TlsConfig, message: string): never {
  const key = keyOf(config, part) ?? part;
  const file = config[`${part}_file`];
  throw new TlsError(key, `${file === null ? 'the value' : named(file)} ${message}`);
}

/** A path in quotes and in full: its end says which file it is. */
function named(file: string): string {
  return printable(JSON.stringify(file));
}
