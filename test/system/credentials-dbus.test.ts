import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup.js';
import { startProcess } from '../support/process.js';
import { accountOf } from './support/account.js';
import { directoryOf, type Outcome, relayed, runAs } from './support/as-user.js';
import { findTool, requireTool } from './support/requirements.js';

const SOCKET = 'bus.sock';

/** A bus that everybody may use who is whom he says he is. */
function configuration(path: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>`;
}

describe('a D-Bus message bus, through the relay', () => {
  requireTool('dbus-daemon', 'apt-get install dbus');
  requireTool('dbus-send', 'apt-get install dbus-bin');
  const cleanup = new Cleanup();
  let direct: string;
  let relay: string;
  /** The bus numbers those who have connected. */
  let connected = 0;

  before(async () => {
    direct = directoryOf(cleanup);
    const file = join(direct, 'bus.conf');
    writeFileSync(file, configuration(join(direct, SOCKET)));
    const bus = await startProcess({
      command: findTool('dbus-daemon') ?? 'dbus-daemon',
      args: [`--config-file=${file}`, '--nofork', '--nopidfile', '--print-address'],
    });
    cleanup.defer(() => bus.stop());
    await bus.waitForOutput('unix:path=');
    relay = await relayed(cleanup, direct, SOCKET);
  });

  after(() => cleanup.run());

  /** Asks the bus something about who asks. */
  function ask(user: string, directory: string, method: string): Promise<Outcome> {
    const self = `:1.${connected++}`;
    return runAs(user, 'dbus-send', [
      `--bus=unix:path=${join(directory, SOCKET)}`,
      '--print-reply=literal',
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      `org.freedesktop.DBus.${method}`,
      `string:${self}`,
    ]);
  }

  for (const user of ['root', 'daemon', 'nobody', '1000:1000']) {
    it(`takes ${user} for nobody else`, async () => {
      const uid = /^\d/.test(user) ? Number.parseInt(user, 10) : accountOf(user).uid;
      for (const directory of [direct, relay]) {
        const { code, output } = await ask(user, directory, 'GetConnectionUnixUser');
        assert.equal(code, 0, output);
        assert.match(output, new RegExp(`^uint32 ${uid}$`));
      }
    });
  }

  it('knows the groups of who asks', async () => {
    const groups = async (directory: string) => {
      const { output } = await ask('daemon', directory, 'GetConnectionCredentials');
      return /UnixGroupIDs[^\]]*\]/.exec(output)?.[0] ?? assert.fail(output);
    };
    assert.equal(await groups(relay), await groups(direct));
  });
});
