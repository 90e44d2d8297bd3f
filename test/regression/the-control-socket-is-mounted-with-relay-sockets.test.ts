import assert from 'node:assert/strict';
import {
  linkSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { stringify } from 'yaml';
import { loadConfiguration } from '../../src/configuration/load.js';
import { ask, askJson } from '../extensions/control/fixture.js';
import { useCleanup } from '../support/cleanup.js';
import { type RealProcess, waitFor } from '../support/process.js';
import { EchoServer, startUdscope } from '../support/udscope.js';

const GIVEN_AWAY = /whoever mounts that is given the agent, and any socket of the host with it/;

interface Paths {
  readonly control: string;
  readonly listens: readonly string[];
  readonly upstream?: string;
  readonly containers?: string;
  readonly insists?: boolean;
}

describe('a directory that is mounted into containers', () => {
  const cleanup = useCleanup();
  let base: string;

  beforeEach(() => {
    base = cleanup.directory();
    mkdirSync(`${base}/private`, { mode: 0o700 });
  });

  /** Each socket in a receiver of its own: the rules hold between receivers, too. */
  function configuration({ control, listens, upstream = `${base}/up.sock`, containers, insists }: Paths) {
    const receivers = listens.map((listen, i) => [
      `uds/${i}`,
      {
        threads: 1,
        sockets: [{ name: `s${i}`, listen, upstream }],
        containers: { directory: containers ?? `${base}/private/containers` },
      },
    ]);
    return {
      receivers: Object.fromEntries(receivers),
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: control, ...(insists && { allow_in_socket_directory: true }) } },
      service: {
        extensions: ['control'],
        pipelines: { metrics: { receivers: receivers.map(([id]) => id), exporters: ['prometheus'] } },
      },
    };
  }

  /** What `udscope validate` and the start say of it; nothing when all is well. */
  function validate(paths: Paths): string {
    writeFileSync(`${base}/c.yaml`, stringify(configuration(paths)));
    try {
      loadConfiguration({ files: [`${base}/c.yaml`], sets: [], env: {} });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function start(paths: Partial<Paths> = {}): Promise<{ agent: RealProcess; control: string }> {
    const control = `${base}/private/control.sock`;
    const listens = [`${base}/sockets/a/a.sock`];
    const agent = await startUdscope(configuration({ control, listens, ...paths }), base);
    cleanup.defer(() => agent.kill());
    return { agent, control };
  }

  it('must not have the control socket in it, or below, for validate', () => {
    const private_ = `${base}/private/control.sock`;
    symlinkSync(`${base}/private`, `${base}/link`);
    mkdirSync(`${base}/open`);
    const refused: readonly [control: string, listen: string][] = [
      [`${base}/control.sock`, `${base}/relay.sock`],
      [private_, `${base}/relay.sock`],
      [private_, `${base}/private/relay.sock`],
      [`${base}/link/control.sock`, `${base}/private/relay.sock`],
      [private_, `${base}/link/relay.sock`],
      [`${base}/open/x/../control.sock`, `${base}/open/./relay.sock`],
    ];
    for (const [control, listen] of refused) {
      const listens = [`${base}/sockets/a/a.sock`, '@abstract', listen];
      const said = validate({ control, listens, containers: `${base}/elsewhere/containers` });
      assert.match(
        said,
        /extensions\.control\.socket: .* lies in the directory of the listening socket/,
        listen,
      );
      assert.match(said, GIVEN_AWAY);
    }
    assert.equal(validate({ control: private_, listens: [`${base}/sockets/a/a.sock`] }), '');
  });

  it('may have it if somebody insists', async () => {
    const paths = { control: `${base}/control.sock`, listens: [`${base}/relay.sock`], insists: true };
    assert.equal(validate(paths), '');
    await start(paths);
  });

  it('must not be below that of the control socket, nor have the sockets of containers in it', () => {
    const control = `${base}/private/control.sock`;
    const below = validate({ control, listens: [`${base}/private/deeper/relay.sock`] });
    assert.match(below, /sockets\[0\]\.listen: .* lies below the directory of the control socket/);
    const listens = [`${base}/sockets/a/a.sock`];
    const among = validate({ control, listens, containers: `${base}/sockets/a/containers` });
    assert.match(among, /containers\.directory: .* is given the sockets of all containers/);
    const inside = validate({ control, listens, containers: `${base}/private` });
    assert.match(inside, /control\.socket: .* lies among the sockets of containers/);
  });

  it('must not have it at a reload, nor for the control API', async () => {
    const { agent, control } = await start();
    const post = (listen: string) =>
      askJson(control, 'POST', '/v1/sockets', { name: 'n', listen, upstream: `${base}/up.sock` });
    const refused = [
      `${base}/relay.sock`,
      `${base}/private/relay.sock`,
      `${base}/private/b/relay.sock`,
      control,
    ];
    for (const listen of refused) {
      const { status, value } = await post(listen);
      assert.equal(status, 422, listen);
      assert.match(
        (value as { error: string }).error,
        /lies in the directory|lies below|is the control socket/,
      );
    }
    assert.equal((await post(`${base}/added/n.sock`)).status, 201);

    // Where the socket lies that was added, no control socket may come.
    const listens = [`${base}/sockets/a/a.sock`];
    writeFileSync(
      `${base}/udscope.yaml`,
      stringify(configuration({ control: `${base}/added/control.sock`, listens })),
    );
    agent.signal('SIGHUP');
    await agent.waitForOutput(
      /configuration not reloaded.*\n.*lies in the directory of the listening socket/,
    );
    assert.equal((await askJson(control, 'GET', '/v1/status')).status, 200);
  });

  it('may have had it up to a reload that moves the sockets', async () => {
    const [old, new_] = [`${base}/relay.sock`, `${base}/sockets/a/a.sock`];
    const before = { control: `${base}/control.sock`, listens: [old], insists: true };
    const agent = await startUdscope(configuration(before), base);
    cleanup.defer(() => agent.kill());
    const control = `${base}/private/control.sock`;
    writeFileSync(`${base}/udscope.yaml`, stringify(configuration({ control, listens: [new_] })));
    agent.signal('SIGHUP');
    await agent.waitForOutput('configuration reloaded');
    assert.equal((await askJson(control, 'GET', '/v1/status')).status, 200);
  });

  it('is refused to a container that is announced, if its mounts reach the control socket', async () => {
    const { control } = await start();
    await EchoServer.listen(`${base}/up.sock`).then((server) => cleanup.defer(() => server.close()));
    const source = `${base}/up.sock`;
    const sockets = [{ path: '/up.sock', upstream: source, within: source }];
    const up = { destination: '/up.sock', source, type: 'bind' };
    const register = async (...mounts: object[]) => {
      const { status, body } = await ask(control, '/v1/containers/c1', 'PUT', {
        body: JSON.stringify({ sockets, mounts: [up, ...mounts] }),
      });
      return `${status} ${body}`;
    };
    linkSync(control, `${base}/another-name.sock`);
    symlinkSync(`${base}/private`, `${base}/link`);
    for (const name of ['', 'private', 'link', 'private/control.sock', 'another-name.sock']) {
      const said = await register({ destination: '/x', source: `${base}/${name}`, options: ['rbind', 'ro'] });
      assert.match(said, /^422 .*gives the container the control socket/, name);
    }
    assert.match(await register({ destination: '/x', source: '/', type: 'bind' }), /^422 /);
    assert.match(await register({ destination: '/x', source: `${base}/sockets`, type: 'bind' }), /^200 /);
    assert.match(await register({ destination: '/tmp', source: base, type: 'tmpfs' }), /^200 /);
  });

  it('leads to the control socket by no relay: not by a link, not by another name, not by a later one', async () => {
    const { agent, control } = await start();
    symlinkSync(control, `${base}/link`);
    linkSync(control, `${base}/another-name.sock`);
    symlinkSync(`${base}/private`, `${base}/private-link`);
    const upstreams = [
      control,
      `${base}/link`,
      `${base}/another-name.sock`,
      `${base}/private-link/control.sock`,
    ];
    for (const upstream of upstreams) {
      const socket = { name: 'n', listen: `${base}/n/n.sock`, upstream };
      const { status, value } = await askJson(control, 'POST', '/v1/sockets', socket);
      assert.equal(status, 422, upstream);
      assert.match((value as { error: string }).error, /is the control socket of the agent itself/);
      const sockets = [{ path: '/s', upstream }];
      assert.equal((await askJson(control, 'PUT', '/v1/containers/c1', { sockets })).status, 422, upstream);
      const listens = [`${base}/n/n.sock`];
      assert.match(validate({ control, listens, upstream }), /upstream: .* is the control socket/);
    }

    // An upstream in a directory of somebody else's may become anything after it was looked at.
    const moved = `${base}/moved.sock`;
    const echo = await EchoServer.listen(moved);
    cleanup.defer(() => echo.close());
    const socket = { name: 'moved', listen: `${base}/m/m.sock`, upstream: moved };
    assert.equal((await askJson(control, 'POST', '/v1/sockets', socket)).status, 201);
    renameSync(moved, `${base}/aside.sock`);
    symlinkSync(control, moved);
    const { status, body } = await ask(`${base}/m/m.sock`, '/v1/sockets');
    assert.equal(status, 403);
    assert.match(body, /this is a connection of the agent itself/);
    await waitFor('it to be in the log', () =>
      agent.output.includes('was refused: this is a connection of the agent'),
    );
    unlinkSync(moved);
  });

  it('is made for everybody to enter, and that of the control socket for nobody else', async () => {
    rmdirSync(`${base}/private`);
    await start();
    const modes = ['sockets', 'sockets/a', 'private'].map((name) => statSync(`${base}/${name}`).mode & 0o777);
    assert.deepEqual(modes, [0o755, 0o755, 0o700]);
  });
});
