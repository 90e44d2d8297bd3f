import { readFileSync } from 'node:fs';

interface PackageManifest {
  version: string;
}

// Compiled, this file is dist/src/version.js, two folders below the package's own.
const manifest = new URL('../../package.json', import.meta.url);

/** The version of this package. */
export const VERSION = (JSON.parse(readFileSync(manifest, 'utf8')) as PackageManifest).version;
