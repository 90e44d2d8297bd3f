import assert from 'node:assert/strict';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TlsConfig, tlsSchema } from '../../../src/exporters/otlphttp/tls-config.js';
import { eventually } from '../../support/eventually.js';
import { Agent } from '../support/exporter-fixture.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { CLIENT, certificatePath, certificateText, identity } from './certificates.js';
import { useOtlp } from './fixture.js';

const CA_FILE = certificatePath('ca.pem');

/** A server that takes only clients that the CA vouches for. */
const MUTUAL = {
  ...identity('server'),
  ca: certificateText('ca.pem'),
  requestCert: true,
  rejectUnauthorized: true,
};

/** Also the time that an export has: a busy machine needs some for two ends that encrypt. */
const INTERVAL_MS = 300;

describe('the otlphttp exporter over https', () => {
  const { cleanup, listen, start } = useOtlp();
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent();
    agent.relay('geth').send(7);
  });

  async function serve(options: Parameters<typeof identity>[0] | typeof MUTUAL, port?: number) {
    const receiver = new OtlpReceiver(typeof options === 'string' ? identity(options) : options);
    cleanup.defer(() => receiver.close());
    return await receiver.listen(port === undefined ? {} : { port });
  }

  const push = (receiver: OtlpReceiver, tls: Partial<TlsConfig>) =>
    start(agent, { endpoint: receiver.url, interval: INTERVAL_MS, tls: { ...tlsSchema.parse({}), ...tls } });

  const arrives = (receiver: OtlpReceiver) =>
    eventually(
      'metrics arrive',
      () => receiver.taken.length > 0,
      () => agent.log,
    );

  async function fails(words: RegExp): Promise<void> {
    const [line] = await eventually('a failure is logged', () => {
      const lines = agent.logged('warn');
      return lines.length > 0 && lines;
    });
    assert.match(line ?? '', words);
    await eventually('it is counted', () => (agent.health['failures: unreachable'] ?? 0) > 1);
  }

  it('trusts a private authority, from a file or from the configuration', async () => {
    const receiver = await serve('server');
    await push(receiver, { ca_file: CA_FILE });
    await arrives(receiver);
    const other = await serve('server');
    await push(other, { ca_pem: certificateText('ca.pem') });
    await arrives(other);
    assert.deepEqual(agent.logged('warn'), []);
  });

  it('shows its own certificate where the server asks for it', async () => {
    const receiver = await serve(MUTUAL);
    await push(receiver, { ca_file: CA_FILE, ...CLIENT });
    await arrives(receiver);
  });

  it('says that a server wants a certificate', async () => {
    await push(await serve(MUTUAL), { ca_file: CA_FILE });
    await fails(/refuses a client without a certificate; give tls\.cert_file/);
  });

  const faults: [name: string, server: string, tls: Partial<TlsConfig>, words: RegExp][] = [
    ['no authority', 'server', {}, /authority that is not trusted; give it as tls\.ca_file/],
    [
      'another authority',
      'server',
      { ca_file: certificatePath('other-ca.pem') },
      /authority that is not trusted/,
    ],
    ['a certificate that has expired', 'expired', { ca_file: CA_FILE }, /its certificate has expired/],
    [
      'a certificate of another host',
      'elsewhere',
      { ca_file: CA_FILE },
      /its certificate is for another host \(.*127\.0\.0\.1/,
    ],
  ];
  for (const [name, server, tls, words] of faults) {
    it(`says what is wrong: ${name}`, async () => {
      const receiver = await serve(server);
      await push(receiver, tls);
      await fails(words);
      assert.equal(receiver.requests.length, 0);
    });
  }

  it('says that a server does not speak TLS', async () => {
    const receiver = await listen();
    await start(agent, { endpoint: receiver.url.replace('http:', 'https:'), interval: INTERVAL_MS });
    await fails(/does not speak TLS there; is it http:\/\/\?/);
  });

  it('takes any certificate if it is told to, and another name if it is told that', async () => {
    for (const name of ['expired', 'elsewhere']) {
      const receiver = await serve(name);
      await push(receiver, { insecure_skip_verify: true });
      await arrives(receiver);
    }
    const receiver = await serve('elsewhere');
    await push(receiver, { ca_file: CA_FILE, server_name_override: 'otel.example.com' });
    await arrives(receiver);
  });

  it('reads files again that have changed, and keeps what it had while they are broken', async () => {
    const directory = cleanup.directory();
    const file = join(directory, 'ca.pem');
    copyFileSync(CA_FILE, file);
    const receiver = await serve('server');
    await push(receiver, { ca_file: file });
    await arrives(receiver);

    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nhalf');
    await eventually('it is noticed', () => agent.logged('warn').length > 0);
    assert.match(
      agent.logged('warn')[0] ?? '',
      /with the certificates as they were: ".*ca\.pem" has no certificate/,
    );
    const { length } = receiver.taken;
    await eventually('exports go on', () => receiver.taken.length > length + 2);
    assert.equal(agent.health['failures: unreachable'], undefined);

    // A renewal is a new file that takes the place of the old one; here, of an authority that did not sign the server.
    copyFileSync(certificatePath('other-ca.pem'), `${file}.new`);
    renameSync(`${file}.new`, file);
    await eventually('the new one counts', () => (agent.health['failures: unreachable'] ?? 0) > 0);
    copyFileSync(CA_FILE, file);
    const taken = receiver.taken.length;
    await eventually('and the next', () => receiver.taken.length > taken);
    assert.equal(agent.logged('warn').filter((line) => line.includes('as they were')).length, 1);
  });
});
