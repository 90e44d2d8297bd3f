import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { version } from 'node:process';
import type { Placement } from '../bench.js';

/** Load average above which figures cannot be trusted. */
const QUIET_LOAD = 0.5;

/** The machine that the figures were taken on. */
export interface Machine {
  cpu: string;
  cpus: number;
  memoryGib: number;
  /** What the kernel says that it does about Spectre, version 2: it costs every system call. */
  mitigations: string | undefined;
  kernel: string;
  node: string;
  haproxy: string | undefined;
  loadAverage: number;
  placement: Placement;
}

export function describeMachine(placement: Placement, haproxyPath: string | undefined): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    mitigations: mitigations(),
    kernel: release(),
    node: version,
    haproxy:
      haproxyPath === undefined
        ? undefined
        : /version (\S+)/.exec(execFileSync(haproxyPath, ['-v'], { encoding: 'utf8' }))?.[1],
    loadAverage: loadavg()[0],
    placement,
  };
}

function mitigations(): string | undefined {
  try {
    return readFileSync('/sys/devices/system/cpu/vulnerabilities/spectre_v2', 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function machineText({
  cpu,
  cpus: count,
  kernel,
  node,
  haproxy,
  loadAverage,
  placement,
}: Machine): string {
  const { load, relay } = placement;
  const pinned = load === undefined ? 'nothing is pinned' : `load on processor ${load}, relay on ${relay}`;
  const versions = `Node ${node}${haproxy === undefined ? '' : `, HAProxy ${haproxy}`}`;
  const noise =
    loadAverage > QUIET_LOAD ? ` (load average ${loadAverage.toFixed(1)}: not a quiet machine)` : '';
  return `${cpu} x ${count}, Linux ${kernel}, ${versions}; ${pinned}${noise}\n`;
}
