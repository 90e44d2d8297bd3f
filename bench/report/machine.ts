import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';
import { version } from 'node:process';
import type { Placement } from '../bench.js';

/** Load average above which figures cannot be trusted. */
const QUIET_LOAD = 0.5;

/** The machine that the figures were taken on. */
export interface Machine {
  cpu: string;
  cpus: number;
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
