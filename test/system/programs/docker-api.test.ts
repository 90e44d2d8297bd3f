import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapturingAgent, type Counts } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { type RealProcess, waitFor } from '../../support/process.js';
import { findTool, requireTool } from '../support/requirements.js';
import { daemonArguments, IMAGE, image } from '../transparency/docker-daemon.js';
import { client, serve, TypedProcess } from '../transparency/real-program.js';

/** What dockerd says of each request with --debug: its method and path. */
const CALLING = /Calling ([A-Z]+) (\/[^\s"]*)/g;

/** It speaks to BuildKit by itself, which later ones leave to a plugin. */
const DEBIANS_DOCKER = '/usr/bin/docker';

/** Parts of paths that name something, as this test names it; those of the API are none of these. */
const NAMED: readonly (readonly [pattern: RegExp, template: string])[] = [
  [/^\/v1\.\d+/, ''],
  [/\?.*$/, ''],
  [/^\/(containers|exec)\/(?!create|json|prune)[^/]+/, '/$1/{id}'],
  [/^\/networks\/[^/]+$/, '/networks/{id}'],
  [/^\/(plugins|volumes)\/[^/]+/, '/$1/{name}'],
  [/^\/images\/(?!create$|json$|load$|prune$).+?(?=\/json$|\/tag$|$)/, '/images/{name}'],
];

describe('the API of Docker', function () {
  this.timeout(120_000);
  requireTool('dockerd', 'apt-get install docker.io');
  requireTool('docker', 'apt-get install docker.io');
  requireTool('busybox', 'apt-get install busybox-static');

  const cleanup = new Cleanup();
  after(() => cleanup.run());
  let agent: CapturingAgent;
  let daemon: RealProcess;
  let env: Record<string, string>;
  const docker = (...args: string[]) => client('docker', args, env);
  /** A command that may fail, as some do here. */
  const failing = (...args: string[]) => assert.rejects(docker(...args));
  const run = (...args: string[]) => docker('run', '--network=none', ...args);

  before(async () => {
    agent = new CapturingAgent(cleanup);
    daemon = await serve(cleanup, 'dockerd', ['--debug', ...daemonArguments(cleanup, agent.upstream)]);
    await waitFor('the daemon to listen', () => isListening(agent.upstream), { process: daemon });
    await agent.start();
    env = { DOCKER_HOST: `unix://${agent.listen}`, HOME: cleanup.directory(), DOCKER_BUILDKIT: '0' };
    await docker('import', image(cleanup), IMAGE);
  });

  it('is told as the daemon logs it, with the statuses that its commands had', async () => {
    await docker('version');
    await run('--detach', '--name=box', IMAGE, '/busybox', 'sh', '-c', 'echo up; exec /busybox sleep 1000');
    cleanup.defer(() => docker('rm', '--force', 'box'));
    assert.match(await docker('ps'), /box/);
    assert.equal(await run('--rm', IMAGE, '/busybox', 'echo', 'hi'), 'hi\n');
    assert.equal(await docker('exec', 'box', '/busybox', 'echo', 'there'), 'there\n');
    await docker('cp', `${findTool('busybox')}`, 'box:/copied');
    await docker('cp', 'box:/copied', join(cleanup.directory(), 'copied'));
    await build();
    await docker('tag', IMAGE, 'a.example/b/c:latest');
    await docker('image', 'inspect', 'a.example/b/c:latest');
    await failing('inspect', 'nothing-of-that-name');
    await failing('start', 'nothing-of-that-name');
    await failing('run', '--name=box', IMAGE, '/busybox');
    await follow('logs', '-f', 'box');
    await follow('events', '--since=1', '--filter=container=box');

    const expected = () => requestsOf(daemon.output);
    await waitFor('every request to be told', async () => sum(await requests()) >= sum(expected()), {
      timeoutMs: 10_000,
    }).catch(() => {});
    assert.deepEqual(await requests(), expected());
    const told = await statuses();
    const wanted = {
      'POST /containers/create 201': 2,
      'POST /containers/create 409': 1,
      'POST /containers/{id}/start 204': 2,
      'POST /containers/{id}/start 404': 1,
      'GET /containers/{id}/logs 200': 1,
      'GET /events 200': 1,
      'POST /exec/{id}/start 101': 1,
      'POST /build 200': 1,
      'POST /images/{name}/tag 201': 1,
    };
    const named = Object.fromEntries(Object.keys(wanted).map((key) => [key, told[key]]));
    assert.deepEqual(named, wanted, JSON.stringify(told, undefined, 1));
    assert.equal(
      Object.keys(told).some((key) => /unknown|no_response|undefined/.test(key)),
      false,
      JSON.stringify(told),
    );
    assert.equal(await agent.sum('udscope_enrich_undecodable_total'), 0);
    assert.equal(await agent.sum('udscope_enrich_unmatched_responses_total'), 0);
    assert.equal(await agent.sum('udscope_enrich_active_calls'), 0);
    assert.equal(await agent.sum('http_server_request_duration_seconds', {}, '_count'), sum(told));
    assert.equal(await agent.sum('uds_method_first_byte_seconds', {}, '_count'), sum(told));
  });

  it('is left for HTTP/2 by a session of BuildKit, in which the daemon calls the client', async () => {
    const context = cleanup.directory();
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY a /a\n');
    writeFileSync(join(context, 'a'), 'a');
    const before = (await statuses())['POST /session 101'] ?? 0;
    await client(DEBIANS_DOCKER, ['build', context], { ...env, DOCKER_BUILDKIT: '1' });

    // The Dockerfile, .dockerignore, and the context.
    const copied = {
      rpc_method: 'moby.filesync.v1.FileSync/DiffCopy',
      rpc_status_code: 'OK',
      uds_direction: 'recv',
    };
    await agent.until(
      'the calls of the session to be told',
      async () => (await agent.sum('uds_method_calls_total', copied)) === 3,
    );
    assert.equal((await statuses())['POST /session 101'], before + 1);
    await agent.until(
      'the build to be answered',
      async () => (await agent.sum('udscope_enrich_active_calls')) === 0,
    );
    for (const doubt of ['undecodable', 'unmatched_responses', 'unknown_outcomes'])
      assert.equal(await agent.sum(`udscope_enrich_${doubt}_total`), 0, doubt);
  });

  /** Follows something until its first line, and breaks it off. */
  async function follow(...args: string[]): Promise<void> {
    const following = await TypedProcess.start(cleanup, 'docker', args, env);
    await following.waitForOutput('\n');
    await agent.until(
      'it to be waited for',
      async () => (await agent.sum('udscope_enrich_active_calls')) === 1,
    );
    await following.kill();
  }

  async function build(): Promise<void> {
    const context = cleanup.directory();
    writeFileSync(join(context, 'Dockerfile'), `FROM ${IMAGE}\nLABEL a=b\n`);
    await docker('build', '--tag=built', context);
  }

  /** Requests by method and path, and by status. */
  async function statuses(): Promise<Counts> {
    return counted(({ labels }) => {
      const outcome =
        labels['http_response_status_code'] ?? labels['error_type'] ?? labels['udscope_outcome'];
      return `${labels['http_request_method']} ${labels['http_route']} ${outcome}`;
    });
  }

  async function requests(): Promise<Counts> {
    return counted(({ labels }) => `${labels['http_request_method']} ${labels['http_route']}`);
  }

  async function counted(key: (sample: { labels: Record<string, string> }) => string): Promise<Counts> {
    const samples = (await agent.metrics()).get('uds_method_calls_total')?.samples ?? [];
    const counts: Record<string, number> = {};
    for (const sample of samples) counts[key(sample)] = (counts[key(sample)] ?? 0) + sample.value;
    return sortedByName(counts);
  }
});

function requestsOf(log: string): Counts {
  const counts: Record<string, number> = {};
  for (const [, method, url] of log.matchAll(CALLING)) {
    const path = NAMED.reduce((text, [pattern, template]) => text.replace(pattern, template), url);
    const key = `${method} ${path}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return sortedByName(counts);
}

const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0);
const sortedByName = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
