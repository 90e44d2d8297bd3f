/** The image, and the way in which examples/docker runs it: by a real daemon, with the steps of the Dockerfile carried out here. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Cleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';
import { freePort, waitFor } from '../../support/process.js';
import { parsePrometheusText } from '../../support/prometheus-text.js';
import { findTool, requireTool } from '../support/requirements.js';
import { clientEnvironment, daemonArguments } from '../transparency/docker-daemon.js';
import { client, serve } from '../transparency/real-program.js';
import { carryOut, DOCKERFILE, finalStep } from './dockerfile.js';

const IMAGE = 'udscope';
/** All is compiled and bundled once more. */
const BUILD_TIMEOUT_MS = 3 * 60_000;

interface Service {
  readonly user: string;
  readonly pid: string;
  readonly cgroup: string;
  readonly cap_drop: readonly string[];
  readonly cap_add: readonly string[];
  readonly security_opt: readonly string[];
  readonly volumes: readonly string[];
}

const SERVICE: Service = parse(readFileSync(repositoryPath('examples', 'docker', 'compose.yaml'), 'utf8'))
  .services.udscope;

/** Asks Docker's API at a path, in a container. */
const ASK = `const { request } = require('node:http');
request({ socketPath: process.argv[1], path: process.argv[2] }, (answer) => {
  console.log('status', answer.statusCode);
  answer.resume().on('end', () => setTimeout(() => {}, Number(process.argv[3])));
}).on('error', (error) => console.log(error.code)).end();`;

describe('the image', function () {
  this.timeout(60_000);
  requireTool('dockerd', 'apt-get install docker.io');
  requireTool('docker', 'apt-get install docker.io');
  requireTool('busybox', 'apt-get install busybox-static');
  const cleanup = new Cleanup();
  /** What the steps of the Dockerfile have made, and then the file system of the image. */
  const root = cleanup.directory();
  /** In the place of directories of the host. */
  const host = cleanup.directory();
  let docker: (...args: string[]) => Promise<string>;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const build = cleanup.directory();
    carryOut(DOCKERFILE[0] ?? [], build, {});
    carryOut(DOCKERFILE[1] ?? [], root, { build });
    addNode(root);
    for (const directory of ['run/udscope', 'containers', 'etc'])
      mkdirSync(join(host, directory), { recursive: true });
    // What a container without a network namespace of its own leaves of the daemon's.
    cleanup.defer(() => spawnSync('umount', ['--lazy', join(host, 'run/docker/netns/default')]));
    const daemon = await serve(cleanup, 'dockerd', [
      ...daemonArguments(cleanup, join(host, 'run/docker.sock')),
      `--exec-root=${join(host, 'run/docker')}`,
    ]);
    await daemon.waitForOutput('API listen on');
    const env = clientEnvironment(cleanup, join(host, 'run/docker.sock'));
    docker = (...args) => client('docker', args, env);
    await importImage();
  });
  after(() => cleanup.run());

  /** An image of the file system that is there already, with what the Dockerfile says of it, as far as `docker import` takes it. */
  async function importImage(): Promise<void> {
    const archive = join(cleanup.directory(), 'root.tar');
    execFileSync('tar', ['-C', root, '-cf', archive, '.']);
    const said = ['ENTRYPOINT', 'CMD', 'WORKDIR'].map((name) => `--change=${name} ${finalStep(name)}`);
    await docker('import', '--change=ENV PATH=/usr/local/bin', ...said, archive, IMAGE);
  }

  /** `docker run`, with the Node.js of this machine: in the image, each container would have a copy of it. */
  function run(...args: string[]): Promise<string> {
    return docker('run', `--volume=${process.execPath}:/usr/local/bin/node:ro`, ...args);
  }

  it('has all that the command needs', async () => {
    const { version } = JSON.parse(readFileSync(repositoryPath('package.json'), 'utf8')) as {
      version: string;
    };
    assert.match(
      await run('--rm', '--network=none', '--user=64646', IMAGE, '--version'),
      new RegExp(version.replaceAll('.', '\\.')),
    );
  });

  it('says what is wrong without a configuration', async () => {
    const refused = await run('--rm', '--network=none', IMAGE).catch((error: Error) => error.message);
    assert.match(refused, /\/etc\/udscope\/otel-config\.yaml/);
  });

  describe('as examples/docker runs it', () => {
    let page: string;

    before(async () => {
      page = `localhost:${await freePort()}`;
      const configuration = parse(
        readFileSync(repositoryPath('examples/docker/udscope/otel-config.yaml'), 'utf8'),
      );
      // There is no network here, and so no Collector.
      delete configuration.exporters.otlphttp;
      configuration.exporters.prometheus.endpoint = page;
      delete configuration.service.pipelines.traces;
      writeFileSync(join(host, 'etc/otel-config.yaml'), stringify(configuration));
      await run('--detach', '--network=host', '--name=udscope', ...argumentsOf(SERVICE, host), IMAGE);
      await waitFor('the agent to be ready', async () =>
        (await docker('logs', 'udscope')).includes('udscope is ready'),
      );
    });

    it('counts what a container asks of docker.sock for that container', async () => {
      const relay = `${join(host, 'run/udscope/sockets/docker')}:/udscope:ro`;
      const asking = ['/udscope/docker.sock', '/version', '1000'];
      const id = await run(
        '--detach',
        '--network=none',
        `--volume=${relay}`,
        '--entrypoint=node',
        IMAGE,
        '-e',
        ASK,
        ...asking,
      );
      await docker('wait', id.trim());
      assert.match(await docker('logs', id.trim()), /status 200/);
      const seen = await metrics(page);
      const [calls, ...others] =
        seen
          .get('uds_method_calls_total')
          ?.samples.filter(({ labels }) => labels['http_route'] === '/version') ?? [];
      assert.deepEqual(others, []);
      assert.equal(calls?.value, 1);
      assert.equal(calls?.labels['container_id'], id.trim());
    });

    it('is healthy for its own check', async () => {
      assert.match(await docker('exec', 'udscope', 'udscope', 'status'), /configuration: \/etc\/udscope/);
      assert.match(finalStep('HEALTHCHECK') ?? '', /CMD \["udscope", "status"\]$/);
    });

    it('keeps the control socket from who has a relay socket, whatever that one is', async () => {
      const relay = `${join(host, 'run/udscope/sockets/docker')}:/udscope:ro`;
      const tries = ['/udscope/../private/control.sock', '/run/udscope/private/control.sock'];
      for (const path of tries) {
        const said = await run(
          '--rm',
          '--network=none',
          `--volume=${relay}`,
          '--entrypoint=node',
          IMAGE,
          '-e',
          ASK,
          path,
          '/v1/status',
          '0',
        );
        assert.equal(said.trim(), 'ENOENT');
      }
    });

    it('ends in good order on docker stop', async () => {
      await docker('stop', '--time=20', 'udscope');
      assert.equal((await docker('inspect', '--format={{.State.ExitCode}}', 'udscope')).trim(), '0');
    });
  });
});

async function metrics(page: string) {
  return parsePrometheusText(await (await fetch(`http://${page}/metrics`)).text());
}

/** The arguments of `docker run` that say the same as the service of compose.yaml, but for limits, which root of CI may not raise. */
function argumentsOf(service: Service, host: string): string[] {
  const { user, pid, cgroup, cap_drop, cap_add, security_opt, volumes } = service;
  const sources: Readonly<Record<string, string>> = {
    './udscope': join(host, 'etc'),
    '/run': join(host, 'run'),
    '/run/udscope': join(host, 'run/udscope'),
    '/var/lib/docker/containers': join(host, 'containers'),
  };
  const mounted = volumes.map((volume) => {
    const [source = '', ...rest] = volume.split(':');
    return `--volume=${[sources[source] ?? assert.fail(source), ...rest].join(':')}`;
  });
  return [
    `--user=${user}`,
    `--pid=${pid}`,
    `--cgroupns=${cgroup}`,
    '--read-only',
    ...cap_drop.map((name) => `--cap-drop=${name}`),
    ...cap_add.map((name) => `--cap-add=${name}`),
    ...security_opt.map((option) => `--security-opt=${option}`),
    ...mounted,
  ];
}

/** In the place of the image that the Dockerfile begins with: the Node.js of this machine, and the libraries that it needs. */
function addNode(root: string): void {
  chmodSync(root, 0o755);
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
  for (const [, path = ''] of libraries) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(root, 'etc/udscope'), { recursive: true });
  writeFileSync(join(root, 'usr/local/bin/node'), '');
  copyFileSync(findTool('busybox') ?? 'busybox', join(root, 'usr/bin/env'));
  execFileSync('ln', ['-s', '/opt/udscope/dist/src/cli/main.js', join(root, 'usr/local/bin/udscope')]);
}
