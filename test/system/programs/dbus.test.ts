import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CallRecord, UNTIMED } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { startProcess } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { findTool, requireTool } from '../support/requirements.js';

const BUS = 'org.freedesktop.DBus';
const SERVICE = 'org.example.Service';
const REFUSED = 'org.example.Refused';
const CALLS = 20;

/** What the tests use of a client of D-Bus. */
interface Client {
  readonly connection: { end(): void };
  invoke(message: object, callback: (error: { name: string } | null) => void): void;
  sendSignal(path: string, name: string, member: string, signature: string, body: unknown[]): void;
  setMethodCallHandler(path: string, name: string, member: string, handler: unknown[]): void;
  addMatch(rule: string, callback: (error: unknown) => void): void;
  readonly signals: { on(name: string, heard: () => void): void };
  mangle(path: string, name: string, member: string): string;
  readonly name: string | undefined;
}

const require = createRequire(import.meta.url);
const { createClient } = require('@homebridge/dbus-native') as {
  createClient(options: { busAddress: string }): Client;
};

/** A bus that everybody may use. */
function configuration(path: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>`;
}

describe('a D-Bus message bus and its clients', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  requireTool('dbus-daemon', 'apt-get install dbus');
  requireTool('busctl', 'apt-get install systemd');
  requireTool('gdbus', 'apt-get install libglib2.0-bin');
  requireTool('dbus-send', 'apt-get install dbus-bin');

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`are told as the clients know it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent.upstream);
      const record = new CallRecord();
      const service = await connected(agent.listen, record);
      await call(service, record, `${BUS}.RequestName`, { signature: 'su', body: [SERVICE, 0] });
      await offer(service, record);
      await callAll(agent.listen, record);
      await exchangeSignals(agent.listen, service, record);
      await runCommands(agent.listen, record);
      service.connection.end();
      await agent.assertTrue({ client: record });
    });
  }

  async function serve(path: string): Promise<void> {
    const file = join(cleanup.directory(), 'bus.conf');
    writeFileSync(file, configuration(path));
    const bus = await startProcess({
      command: findTool('dbus-daemon') ?? 'dbus-daemon',
      args: [`--config-file=${file}`, '--nofork', '--nopidfile', '--print-address'],
    });
    cleanup.defer(() => bus.stop());
    await bus.waitForOutput('unix:path=');
  }

  /** A client of its own make, which says Hello and gets a name. */
  async function connected(path: string, record: CallRecord): Promise<Client> {
    const client = createClient({ busAddress: `unix:path=${path}` });
    cleanup.defer(() => client.connection.end());
    await eventually('a name', () => client.name !== undefined);
    record.answered(`${BUS}.Hello`, UNTIMED);
    record.notified(`${BUS}.NameAcquired`);
    return client;
  }

  /** Methods that others call, one of which is refused. */
  async function offer(service: Client, record: CallRecord): Promise<void> {
    record.notified(`${BUS}.NameAcquired`);
    service.setMethodCallHandler('/', SERVICE, 'Add', [(a: number, b: number) => a + b, 'i']);
    const refuse = () => {
      throw Object.assign(new Error('it is said why'), { dbusName: REFUSED });
    };
    service.setMethodCallHandler('/', SERVICE, 'Refuse', [refuse, 's']);
  }

  /** Several clients at a time, whose calls have the same numbers when they come to the service. */
  async function callAll(path: string, record: CallRecord): Promise<void> {
    const clients = await Promise.all([1, 2, 3].map(() => connected(path, record)));
    const asked = clients.flatMap((client) =>
      Array.from({ length: CALLS }, async (_, i) => {
        const member = i % 4 === 0 ? 'Refuse' : 'Add';
        const body = { signature: 'ii', body: [i, 1] };
        await call(client, record, `${SERVICE}.${member}`, body);
        // The service is called as well.
        record.answered(`${SERVICE}.${member}`, UNTIMED, member === 'Refuse' ? REFUSED : undefined);
      }),
    );
    await Promise.all(asked);
    await call(clients[0]!, record, `${BUS}.NoSuchMethod`, {});
    await call(clients[0]!, record, `org.example.Absent.Method`, {});
    for (const { connection } of clients) connection.end();
  }

  async function exchangeSignals(path: string, service: Client, record: CallRecord): Promise<void> {
    const listener = await connected(path, record);
    const rule = `type='signal',interface='${SERVICE}'`;
    await new Promise((resolve) => listener.addMatch(rule, resolve));
    record.answered(`${BUS}.AddMatch`, UNTIMED);
    let heard = 0;
    listener.signals.on(listener.mangle('/', SERVICE, 'Changed'), () => heard++);
    for (let i = 0; i < CALLS; i++) {
      service.sendSignal('/', SERVICE, 'Changed', 's', ['x'.repeat(50 * i)]);
      record.notified(`${SERVICE}.Changed`);
      record.notified(`${SERVICE}.Changed`);
    }
    await eventually('all signals', () => heard === CALLS);
    listener.connection.end();
  }

  /** What other implementations write: libdbus, GLib and systemd. */
  async function runCommands(path: string, record: CallRecord): Promise<void> {
    const address = `unix:path=${path}`;
    const names = [BUS, '/org/freedesktop/DBus'] as const;
    await run('busctl', [`--address=${address}`, 'call', ...names, BUS, 'ListNames']);
    await run('busctl', [`--address=${address}`, 'call', SERVICE, '/', SERVICE, 'Add', 'ii', '2', '3']);
    await run('gdbus', ['call', '--address', address, '-d', BUS, '-o', names[1], '-m', `${BUS}.ListNames`]);
    await run('dbus-send', [
      `--bus=${address}`,
      '--print-reply',
      `--dest=${BUS}`,
      names[1],
      `${BUS}.ListNames`,
    ]);
    await run('dbus-send', [`--bus=${address}`, `--dest=${BUS}`, names[1], `${BUS}.GetId`]);
    for (let i = 0; i < 3; i++) record.answered(`${BUS}.ListNames`, UNTIMED);
    for (let i = 0; i < 2; i++) record.answered(`${SERVICE}.Add`, UNTIMED);
    // GLib's command asks what types the parameters have.
    record.answered(`${BUS}.Introspectable.Introspect`, UNTIMED);
    record.notified(`${BUS}.GetId`);
    for (let i = 0; i < 5; i++) {
      record.answered(`${BUS}.Hello`, UNTIMED);
      record.notified(`${BUS}.NameAcquired`);
    }
  }

  async function run(command: string, args: string[]): Promise<void> {
    const process = await startProcess({ command: findTool(command) ?? command, args });
    assert.equal((await process.exited).code, 0, process.describe());
  }

  async function call(client: Client, record: CallRecord, method: string, body: object): Promise<void> {
    const at = method.lastIndexOf('.');
    const [name, member] = [method.slice(0, at), method.slice(at + 1)];
    const message = { path: '/', destination: name, interface: name, member, ...body };
    const error = await new Promise<{ name: string } | null>((resolve) => client.invoke(message, resolve));
    record.answered(method, UNTIMED, error?.name);
  }
});
