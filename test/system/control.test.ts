/** Who gets at the control API: other users, root from outside of a user namespace, the root of a container. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { type RealProcess, startProcess, waitFor } from '../support/process.js';
import { EchoServer } from '../support/udscope.js';
import { BUSYBOX, bind, makeBundle } from './containers/bundle.js';
import { Container, engineId } from './containers/runtimes.js';
import { openCopy } from './support/open-copy.js';
import { requireTool } from './support/requirements.js';

const USER = 54_321;
const GROUP = 54_322;
const OVERFLOW = 65_534;

/** Where this machine has a hierarchy that cgroups can be made in. */
const HIERARCHY = ['unified', 'pids', '']
  .map((name) => join('/sys/fs/cgroup', name))
  .find((path) => existsSync(join(path, 'cgroup.procs')));

describe('the control API', () => {
  const cleanup = useCleanup();
  let base: string;
  let control: string;
  /** The command's entry point. */
  let entry: string;

  requireTool('setpriv', 'apt-get install util-linux');
  requireTool('curl', 'apt-get install curl');

  beforeEach(() => {
    assert.equal(process.geteuid?.(), 0, 'only root is several users');
    base = cleanup.directory();
    chmodSync(base, 0o755);
    mkdirSync(`${base}/control`);
    control = `${base}/control/control.sock`;
    entry = repositoryPath('dist/src/cli/main.js');
  });

  /** An agent, as whoever `prefix` has a command run. */
  async function start(extension: object, ...prefix: string[]): Promise<RealProcess> {
    const sockets = [{ name: 'echo', listen: `${base}/sockets/echo/echo.sock`, upstream: `${base}/up.sock` }];
    const configuration = {
      receivers: {
        uds: { threads: 1, sockets, containers: { directory: `${base}/control/containers` } },
      },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: control, mode: '0666', ...extension } },
      service: {
        extensions: ['control'],
        pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } },
      },
    };
    writeFileSync(`${base}/c.yaml`, stringify(configuration));
    const [command, ...args] = [...prefix, process.execPath, entry, 'run', '--config', `${base}/c.yaml`];
    const agent = await startProcess({ command: command!, args });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    return agent;
  }

  const as = (uid: number, gid: number, ...groups: number[]) => [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
  ];

  /** The status of an answer, and the answer. */
  async function ask(prefix: readonly string[], ...args: string[]): Promise<string> {
    const flags = ['-sS', '--unix-socket', control, '-w', '%{stderr}%{http_code} '];
    const [command, ...rest] = [...prefix, 'curl', ...flags, ...args];
    const curl = await startProcess({ command: command!, args: rest });
    await curl.exited;
    return curl.output;
  }

  const status = (prefix: readonly string[]) => ask(prefix, 'http://localhost/v1/status');

  it("obeys root and the agent's own user by default, whoever else may write to the socket", async () => {
    const agent = await start({});
    assert.match(await status([]), /200/);
    const refused = await status(as(USER, GROUP));
    assert.match(refused, /403/);
    assert.match(
      refused,
      /"error":"uid 54321 may not control this agent; extensions.control.allow says who may"/,
    );
    assert.match(await status(as(OVERFLOW, OVERFLOW)), /403/);
    assert.match(agent.output, /uid 54321, gid 54322, pid \d+.* was refused: uid 54321 may not/);
    for (let i = 0; i < 20; i++) await status(as(USER, GROUP));
    assert.equal(agent.output.match(/was refused/g)?.length, 1, 'the log is not theirs to fill');
  });

  it('obeys users and groups that are listed', async () => {
    await start({ allow: [USER, `@${GROUP}`] });
    assert.match(await status(as(USER, 1)), /200/);
    assert.match(await status(as(1, GROUP)), /200/);
    assert.match(await status(as(1, 1, 7, GROUP, 9)), /200/);
    const many = Array.from({ length: 1000 }, (_, i) => 100_000 + i);
    assert.match(await status(as(1, 1, GROUP, ...many)), /200/);
    assert.match(await status(as(1, 1, 7, 9)), /403/);
    assert.match(await status(as(GROUP, USER)), /403/);
  });

  it('writes down who had it do what, also what it could not do', async () => {
    const agent = await start({ allow: [USER] });
    const socket = JSON.stringify({ name: 'n', listen: `${base}/n/n.sock`, upstream: `${base}/up.sock` });
    assert.match(await ask(as(USER, GROUP), '-d', socket, 'http://localhost/v1/sockets'), /201/);
    assert.match(await ask([], '-d', socket, 'http://localhost/v1/sockets'), /409/);
    assert.match(await ask([], '-X', 'DELETE', 'http://localhost/v1/sockets/n'), /204/);
    await agent.waitForOutput(/POST "\/v1\/sockets" by uid 54321, gid 54322, pid \d+.*: 201/);
    await agent.waitForOutput(/POST "\/v1\/sockets" by uid 0, gid 0, pid \d+.*: 409/);
    await agent.waitForOutput(/DELETE "\/v1\/sockets\/n" by uid 0, gid 0, pid \d+.*: 204/);
  });

  it('takes nobody from outside of its user namespace for somebody inside', async () => {
    chownSync(base, USER, GROUP);
    chownSync(`${base}/control`, USER, GROUP);
    entry = openCopy(cleanup);
    await start(
      { allow: [0, OVERFLOW, `@${OVERFLOW}`] },
      ...as(USER, GROUP),
      'unshare',
      '--user',
      '--map-root-user',
    );
    assert.match(await status(as(USER, GROUP)), /200/);
    assert.match(await status([]), /403/);
    assert.match(await status(as(OVERFLOW, OVERFLOW)), /403/);
    assert.match(await status(as(1, 1, OVERFLOW)), /403/);
  });

  it('lets its group pass the directory that it makes, and its members may command if it is listed', async () => {
    control = `${base}/private/control.sock`;
    await start({ group: GROUP, mode: '0660', allow: [`@${GROUP}`] });
    assert.match(await status(as(1, 1, GROUP)), /200/);
    assert.match(await status(as(USER, 1)), /Couldn't connect|Failed to connect|Permission denied/i);
  });

  describe('and the root of a container that has the directory of a relay socket', () => {
    requireTool('runc', 'apt-get install runc');
    requireTool('busybox', 'apt-get install busybox-static');
    requireTool('go', 'https://go.dev/dl');

    it('have nothing in common', async () => {
      control = `${base}/private/control.sock`;
      const echo = await EchoServer.listen(`${base}/up.sock`);
      cleanup.defer(() => echo.close());
      await start({});
      const script =
        'ls -A /host; rm -f /host/echo.sock; touch /host/new; ls -A /host; ls / | grep -c private';
      const bundle = await makeBundle(cleanup, {
        args: [BUSYBOX, 'sh', '-c', script],
        mounts: [bind(`${base}/sockets/echo`, '/host', 'ro')],
      });
      const container = await Container.run(cleanup, { runtime: 'runc', bundle });
      await container.process.exited;
      const { output } = container.process;
      assert.match(output, /echo\.sock/);
      assert.equal(output.match(/Read-only file system/g)?.length, 2, output);
      assert.doesNotMatch(output, /control|new$/m);
      assert.ok(existsSync(join(base, 'sockets/echo/echo.sock')));
    });
  });

  it('writes down of which container it was, where somebody gave it the control socket all the same', async () => {
    const agent = await start({});
    const id = engineId();
    const cgroup = join(HIERARCHY ?? assert.fail('there is no cgroup file system'), `docker-${id}.scope`);
    mkdirSync(cgroup);
    cleanup.defer(() => waitFor(`${cgroup} to be empty`, () => rmdirSync(cgroup) ?? true));
    const enter = ['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', cgroup];
    assert.match(await ask(enter, '-X', 'DELETE', 'http://localhost/v1/sockets/none'), /404/);
    await agent.waitForOutput(
      new RegExp(`DELETE "/v1/sockets/none" by uid 0, gid 0, pid \\d+, container ${id}: 404`),
    );
  });
});
