import type { TlsConfig } from './tls-config.js';
import { readTls, type TlsMaterial, tlsVersion } from './tls-material.js';

/** Who is told of files that have changed. */
export interface TlsLog {
  renewed(): void;
  notRenewed(message: string): void;
}

/**
 * The certificates of one destination, as its files have them. Files that change are read again; while what they have then
 * cannot be used, as when a certificate is written before its key, what was read before stays.
 */
export class TlsFiles {
  readonly #config: TlsConfig;
  readonly #log: TlsLog;
  #version: string;
  #material: TlsMaterial;

  /** @throws TlsError */
  constructor(config: TlsConfig, log: TlsLog) {
    this.#config = config;
    this.#log = log;
    // Before reading: what changes meanwhile is read once more.
    this.#version = tlsVersion(config);
    this.#material = readTls(config);
  }

  /** The same object as long as nothing has changed. */
  current(): TlsMaterial {
    const version = tlsVersion(this.#config);
    if (version === this.#version) return this.#material;
    this.#version = version;
    try {
      this.#material = readTls(this.#config);
      this.#log.renewed();
    } catch (error) {
      this.#log.notRenewed((error as Error).message);
    }
    return this.#material;
  }
}
