import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.js';
import { findProgram, program, Running } from './process.js';

// Compiled, this file is in dist/bench/contestants; the source stays where it is.
const SOURCE = fileURLToPath(new URL('../../../bench/floor/relay.c', import.meta.url));

let binary: string | undefined;

/** Compiles it, once. */
function compiled(): string {
  if (binary !== undefined) return binary;
  const directory = mkdtempSync(join(tmpdir(), 'udscope-floor-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  binary = join(directory, 'relay');
  execFileSync(program('cc'), ['-O2', '-o', binary, SOURCE]);
  return binary;
}

/** The least that a relay can do, in C: `way` is how it moves bytes. */
function floor(name: string, way: 'copy' | 'splice'): Contestant {
  return {
    name,
    isOneProcess: true,
    missing: () => (findProgram('cc') === undefined ? 'there is no C compiler (cc)' : undefined),
    async start({ listenPath, upstreamPath }, { cpu }) {
      const running = new Running([compiled(), listenPath, upstreamPath, way], cpu, {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return { pid: running.pid, connectPath: listenPath, stop: () => running.stop() };
    },
  };
}

export const copyFloor = floor('C, recv and send', 'copy');
export const spliceFloor = floor('C, splice', 'splice');
