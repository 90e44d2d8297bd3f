/** The package as it is released, installed as a user does it: by npm, in a folder where nothing else is. */
import assert from 'node:assert/strict';
import { execFileSync, type StdioOptions, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { startProcess } from '../support/process.js';
import { EchoClient, EchoServer } from '../support/udscope.js';
import { asUser, directoryOf, runAs } from './support/as-user.js';
import { requireTool } from './support/requirements.js';

/** An ordinary user, without an account. */
const USER = '4246:4246';
const UID = 4246;

const METRICS_URL = /http:\/\/[^\s/]+\/metrics/;

describe('the released package', function () {
  this.timeout(240_000);
  requireTool('setpriv', 'apt-get install util-linux');
  const cleanup = useCleanup();

  /** Has npm install it in an empty folder; where its commands are. */
  function install(umask: string): string {
    const folder = directoryOf(cleanup);
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    const options = { cwd: repositoryPath(), encoding: 'utf8', stdio } as const;
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
    const tarball = join(folder, execFileSync('npm', pack, options).trim());
    const flags = '--ignore-scripts --no-audit --no-fund --prefer-offline';
    const command = `umask ${umask}; mkdir empty && cd empty && exec npm install --global --prefix "$1" ${flags} "$0"`;
    execFileSync('sh', ['-c', command, tarball, join(folder, 'prefix')], { ...options, cwd: folder });
    return join(folder, 'prefix/bin');
  }

  it('relays for another user than the one who installed it', async () => {
    const bin = install('022');
    const directory = directoryOf(cleanup, UID);
    const upstream = await EchoServer.listen(join(directory, 'up.sock'));
    cleanup.defer(() => upstream.close());
    chmodSync(upstream.path, 0o777);
    const listen = join(directory, 'relay/relay.sock');
    const [command, ...args] = asUser(USER, join(bin, 'udscope'), [
      'relay',
      ...[
        listen,
        upstream.path,
        '--prometheus',
        'localhost:0',
        '--control',
        join(directory, 'control/c.sock'),
      ],
    ]);
    const agent = await startProcess({ name: 'udscope', command, args, cwd: '/', env: { HOME: '/' } });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    const client = await EchoClient.connect(listen);
    await client.roundTrip(1000);
    await client.close();
    const url = METRICS_URL.exec(agent.output)?.[0] ?? assert.fail(agent.describe());
    assert.match(await (await fetch(url)).text(), /^uds_send_bytes_total\{.*\} 1000$/m);
    const status = await runAs(USER, join(bin, 'udscope'), [
      'status',
      '--control',
      join(directory, 'control/c.sock'),
    ]);
    assert.equal(status.code, 0, status.output);
    assert.equal((await agent.stop()).code, 0);
  });

  it('is root’s alone where root keeps all new files to himself', async () => {
    const bin = install('077');
    const { version } = JSON.parse(readFileSync(repositoryPath('package.json'), 'utf8'));
    const own = execFileSync(join(bin, 'udscope'), ['--version'], { encoding: 'utf8', cwd: '/' });
    assert.equal(own.trim(), version);
    // It becomes the real runtime, and says who it is on standard error.
    const args = ['--udscope-runtime=/bin/true', '--version'];
    const { stderr: runtime } = spawnSync(join(bin, 'udscope-runtime'), args, { encoding: 'utf8', cwd: '/' });
    assert.match(runtime, new RegExp(`udscope-runtime ${version}`));
    assert.equal(statSync(realpathSync(join(bin, 'udscope'))).mode & 0o077, 0);
  });

  it('has a bill of materials with all that is installed or bundled, and no tools of developers', () => {
    const bill = JSON.parse(
      execFileSync('node', [repositoryPath('dist/build/sbom.js')], { encoding: 'utf8' }),
    );
    const { name, version, dependencies } = JSON.parse(readFileSync(repositoryPath('package.json'), 'utf8'));
    assert.deepEqual(
      [bill.bomFormat, bill.metadata.component.name, bill.metadata.component.version],
      ['CycloneDX', name, version],
    );
    const refs: string[] = bill.components.map((component: { 'bom-ref': string }) => component['bom-ref']);
    const licenses = readFileSync(repositoryPath('dist/licenses.txt'), 'utf8');
    const bundled = [...licenses.matchAll(/^(\S+) (\d\S*) \(.+\)$/gm)].map(([, of, at]) => `${of}@${at}`);
    assert.ok(bundled.length > 10);
    const all = [...bundled, ...Object.entries(dependencies).map(([of, at]) => `${of}@${at}`)];
    assert.deepEqual(
      all.filter((ref) => !refs.includes(ref)),
      [],
    );
    assert.deepEqual(
      refs.filter((ref) => /^(?:mocha|typescript|esbuild)@/.test(ref)),
      [],
    );
    for (const { ref, dependsOn } of bill.dependencies) {
      for (const one of [ref, ...dependsOn]) assert.ok([`${name}@${version}`, ...refs].includes(one), one);
    }
  });
});
