import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { SocketStatus } from '../../../src/api/socket-schema.js';
import type { AgentStatus } from '../../../src/api/status-schema.js';
import { diagnose } from '../../../src/cli/doctor/diagnose.js';
import type { ConfigurationFacts, Facts, SocketFacts } from '../../../src/cli/doctor/facts.js';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { type Configuration, loadConfiguration } from '../../../src/configuration/index.js';
import { NO_TRAFFIC } from '../../extensions/control/agent-in-memory.js';
import type { Cleanup } from '../../support/cleanup.js';

const NOW_MS = Date.UTC(2026, 0, 2);

const HOUR_MS = 3_600_000;

const ALL_CAPABILITIES = (1n << 41n) - 1n;

/** A status of an agent with which all is well. */
export function status(change: Partial<AgentStatus> = {}): AgentStatus {
  return {
    version: '1.2.3',
    pid: 42,
    startedMs: NOW_MS - HOUR_MS,
    configuration: { files: ['/etc/udscope/otel-config.yaml'], loadedMs: NOW_MS - HOUR_MS },
    receivers: [],
    exporters: [
      {
        id: 'prometheus',
        signal: 'metrics',
        exported: 5,
        failed: {},
        inflight: 0,
        failedAttempts: {},
        lastSuccessMs: NOW_MS - 1000,
      },
    ],
    losses: [],
    ...change,
  };
}

/** A socket that is used, and whose calls are understood. */
export function socketStatus(change: Partial<SocketStatus> = {}): SocketStatus {
  return {
    name: 'a',
    receiver: 'uds',
    listen: '/run/udscope/sockets/a/a.sock',
    upstream: '/run/a.sock',
    type: 'stream',
    takeover: false,
    appearance: 'shown',
    origin: 'configuration',
    protocols: ['http'],
    counts: { ...NO_TRAFFIC, opened: 3, sendBytes: 10, recvBytes: 20 },
    ...change,
  };
}

export function socket(change: Partial<SocketFacts> = {}): SocketFacts {
  const { name, listen, upstream, takeover } = socketStatus();
  return {
    ...{ name, listen, upstream, takeover },
    status: socketStatus(),
    config: undefined,
    reach: 'listening',
    typeRefusal: undefined,
    exposure: undefined,
    ...change,
  };
}

/** A machine on which all is well, but for what is changed. */
export function healthy(change: Partial<Facts> = {}): Facts {
  return {
    nowMs: NOW_MS,
    version: '1.2.3',
    nodeVersion: '20.19.0',
    kernel: { epoll: true, pidfd: true, peerPidfd: true, openat2: true },
    process: { isAgent: true, uid: 0, gid: 0, capabilities: ALL_CAPABILITIES, files: 65_536 },
    configuration: { state: 'none' },
    agent: { state: 'running', status: status(), sockets: [socketStatus()] },
    control: '/run/udscope/private/control.sock',
    sockets: [socket()],
    mounts: { containers: [], hidden: 0 },
    reports: [],
    ...change,
  };
}

/** An agent with another status. */
export function agentWith(change: Partial<AgentStatus>): Pick<Facts, 'agent'> {
  return { agent: { state: 'running', status: status(change), sockets: [socketStatus()] } };
}

/** A configuration with one socket, and what is changed of it. */
export function configuration(cleanup: Cleanup, change: ConfigurationChange = {}): Configuration {
  const file = join(cleanup.directory(), 'udscope.yaml');
  const { receiver = {}, socket: changed = {}, control = {}, processors } = change;
  const { name, listen, upstream } = socketStatus();
  const pipeline = {
    receivers: ['uds'],
    exporters: ['prometheus'],
    processors: Object.keys(processors ?? {}),
  };
  const document = {
    receivers: { uds: { sockets: [{ name, listen, upstream, ...changed }], ...receiver } },
    ...(processors !== undefined && { processors }),
    exporters: { prometheus: {} },
    ...(control !== null && { extensions: { control } }),
    service: { extensions: control === null ? [] : ['control'], pipelines: { metrics: pipeline } },
  };
  writeFileSync(file, stringify(document));
  return loadConfiguration({ files: [file], sets: [], env: {} }).config;
}

export interface ConfigurationChange {
  receiver?: object;
  socket?: object;
  control?: object | null;
  processors?: Readonly<Record<string, object>>;
}

export function loaded(config: Configuration, changedMs = NOW_MS - 2 * HOUR_MS): ConfigurationFacts {
  return { state: 'loaded', config, files: ['/etc/udscope/otel-config.yaml'], warnings: [], changedMs };
}

/** The only thing that is found, and that it has a remedy unless nothing can be done. */
export function assertFinds(facts: Facts, state: Finding['state'], check: string, text: RegExp): Finding {
  const found = diagnose(facts).filter((finding) => finding.state !== 'ok');
  assert.equal(found.length, 1, JSON.stringify(found, undefined, 1));
  const [finding] = found;
  assert.deepEqual([finding?.state, finding?.check], [state, check], finding?.text);
  assert.match(finding?.text ?? '', text);
  if (state !== 'unchecked') assert.ok((finding?.remedy ?? '').length > 0);
  return finding as Finding;
}
