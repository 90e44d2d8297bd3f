/**
 * What the runtime wrapper costs a container: the time of a runtime that does nothing, called by itself and through
 * bin/udscope-runtime. Run it with `node dist/bench/runtime/main.js`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { repositoryPath } from '../../test/support/paths.js';
import { median } from '../measure/statistics.js';
import { alignedTable } from '../report/table.js';

const ROUNDS = 41;
const WRAPPER = repositoryPath('bin', 'udscope-runtime');
const PATH = '/tmp/upstream.sock';
const SYSCALLS = 400;

/** An agent that answers at once, on a thread of its own: the runs block this one. */
const AGENT = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const { control, answer } = workerData;
  createServer((request, response) => request.resume().on('end', () => response.end(answer)))
    .listen(control, () => parentPort.postMessage('ready'));
`;

interface Call {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Before each run, not measured. */
  readonly before?: () => void;
}

async function startAgent(control: string): Promise<Worker> {
  const sockets = [
    { path: PATH, upstream: '/run/up.sock', listen: '/run/udscope/private/containers/c1/0.sock' },
  ];
  const answer = JSON.stringify({ id: 'c1', sockets, refused: [] });
  const worker = new Worker(AGENT, { eval: true, workerData: { control, answer } });
  await new Promise((resolve) => worker.once('message', resolve));
  return worker;
}

/** About 20 KiB, as Docker makes them: most of it is the list of system calls. */
function specification(annotations: Record<string, string>): string {
  const names = Array.from({ length: SYSCALLS }, (_, i) => `system_call_number_${i}`);
  const mounts = Array.from({ length: 12 }, (_, i) => ({
    destination: `/m${i}`,
    type: 'bind',
    source: `/host/${i}`,
  }));
  return JSON.stringify(
    {
      ociVersion: '1.2.0',
      mounts: [
        ...mounts,
        { destination: PATH, type: 'bind', source: '/run/up.sock', options: ['rbind', 'rw'] },
      ],
      annotations,
      linux: { seccomp: { syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] } },
    },
    null,
    2,
  );
}

function bundle(directory: string, name: string, text: string): { flags: string[]; write: () => void } {
  const path = join(directory, name);
  mkdirSync(path);
  return { flags: ['--bundle', path, 'c1'], write: () => writeFileSync(join(path, 'config.json'), text) };
}

function calls(directory: string, control: string): Call[] {
  const runtime = '/bin/true';
  const config = join(directory, 'runtime.yaml');
  const script = join(directory, 'script');
  writeFileSync(config, `# The real one\nruntime: ${runtime}\ncontrol: ${control}\nfail: closed\n`);
  writeFileSync(script, `#!/bin/sh\nexec ${runtime} "$@"\n`);
  chmodSync(script, 0o755);
  const root = ['--root', '/run/runc'];
  const state = [...root, 'state', 'c1'];
  const own = [`--udscope-config=${config}`];
  const create = (name: string, annotations: Record<string, string>): Call => {
    const { flags, write } = bundle(directory, name, specification(annotations));
    const args = [...own, ...root, 'create', ...flags];
    return { name: `wrapper: create, ${name}`, program: WRAPPER, args, before: write };
  };
  return [
    { name: 'the runtime itself', program: runtime, args: state },
    { name: 'a script that only calls it', program: script, args: state },
    { name: 'wrapper: state', program: WRAPPER, args: [...own, ...state] },
    create('no annotation', {}),
    create('no annotation, but an escape in the JSON', { odd: '\u0001' }),
    create('annotated', { 'dev.gvisor.uds.monitor.path': PATH }),
    { name: 'node that does nothing', program: process.execPath, args: ['-e', '0'] },
  ];
}

function elapsedMs({ program, args, before }: Call): number {
  before?.();
  const startMs = performance.now();
  const { status, stderr } = spawnSync(program, args);
  const ms = performance.now() - startMs;
  if (status !== 0) throw new Error(`${program} has ended with ${status}: ${stderr}`);
  return ms;
}

/** All calls in turn, round by round, so that a disturbance of the machine hits all of them. */
function measure(all: readonly Call[]): string[][] {
  const times = all.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, call] of all.entries()) {
      const ms = elapsedMs(call);
      if (round >= 0) times[index]?.push(ms);
    }
  }
  return all.map(({ name }, index) => {
    const sorted = [...(times[index] ?? [])].sort((a, b) => a - b);
    return [name, ...[median(sorted), sorted[0], sorted.at(-1)].map((ms) => (ms ?? 0).toFixed(1))];
  });
}

const directory = mkdtempSync(join(tmpdir(), 'udscope-bench-'));
const control = join(directory, 'control.sock');
const agent = await startAgent(control);
try {
  const rows = measure(calls(directory, control));
  process.stdout.write(`${alignedTable([['ms', 'median', 'min', 'max'], ...rows])}\n`);
} finally {
  await agent.terminate();
  rmSync(directory, { recursive: true, force: true });
}
