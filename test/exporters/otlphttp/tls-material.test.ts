import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TlsConfig, tlsSchema } from '../../../src/exporters/otlphttp/tls-config.js';
import { readTls, TlsError } from '../../../src/exporters/otlphttp/tls-material.js';
import { useCleanup } from '../../support/cleanup.js';
import { CLIENT, certificatePath, certificateText } from './certificates.js';

const read = (tls: Partial<TlsConfig>) => readTls({ ...tlsSchema.parse({}), ...tls });

function mistake(tls: Partial<TlsConfig>): string {
  try {
    read(tls);
  } catch (error) {
    assert.ok(error instanceof TlsError);
    return `${error.key}: ${error.message}`;
  }
  return assert.fail('it was accepted');
}

describe('readTls', () => {
  const cleanup = useCleanup();

  function file(text: string): string {
    const path = join(cleanup.directory(), 'file.pem');
    writeFileSync(path, text);
    return path;
  }

  it('takes an authority, and a certificate with its key and what comes between', () => {
    const chain = file(`${certificateText('client.pem')}${certificateText('ca.pem')}`);
    const { ca, cert, rejectUnauthorized } = read({
      ...CLIENT,
      ca_file: certificatePath('ca.pem'),
      cert_file: chain,
    });
    assert.match(ca ?? '', /BEGIN CERTIFICATE/);
    assert.equal(cert?.match(/BEGIN/g)?.length, 2);
    assert.equal(rejectUnauthorized, true);
  });

  it('leaves the well-known authorities in place when none is given', () => {
    assert.deepEqual(read({}), { rejectUnauthorized: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
  });

  it('refuses files that cannot be used, and says why', () => {
    const directory = cleanup.directory();
    assert.equal(mistake({ ca_file: '/none/ca.pem' }), 'ca_file: "/none/ca.pem" does not exist');
    assert.equal(mistake({ ca_file: directory }), `ca_file: "${directory}" is a directory; give a file`);
    assert.equal(mistake({ ca_file: '/dev/zero' }), 'ca_file: "/dev/zero" is no regular file');
    assert.match(mistake({ ca_file: file('hello') }), /^ca_file: ".*" has no certificate in PEM/);
    assert.match(mistake({ ca_file: file('x'.repeat(2 ** 20 + 1)) }), /has more than 1048576 bytes$/);
    const broken = certificateText('ca.pem').replace(/\n[A-Za-z0-9+/]{30}/, '\nAAAAAAAAAA');
    assert.match(mistake({ ca_file: file(broken) }), /has a certificate in PEM that cannot be read/);
  });

  it('refuses a certificate without its key, and the key of another', () => {
    const { cert_file, key_file } = CLIENT;
    assert.equal(mistake({ cert_file }), 'cert_file: needs its key; give key_file too');
    assert.equal(mistake({ key_file }), 'key_file: needs its certificate; give cert_file too');
    assert.match(
      mistake({ cert_file, key_file: certificatePath('server-key.pem') }),
      /^key_file: ".*server-key\.pem" is not the key of the certificate in cert_file$/,
    );
    assert.match(mistake({ cert_file, key_file: cert_file }), /^key_file: ".*" has no private key in PEM/);
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'prime256v1',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    });
    assert.equal(
      mistake({ cert_file, key_pem: privateKey }),
      'key_pem: the value has a passphrase; give a key without one',
    );
  });

  it('refuses what is given twice, and versions the wrong way round', () => {
    const ca_file = certificatePath('ca.pem');
    assert.equal(mistake({ ca_file, ca_pem: 'x' }), 'ca_pem: is given beside ca_file; give one of them');
    assert.equal(
      mistake({ min_version: '1.3', max_version: '1.2' }),
      'min_version: 1.3 is above max_version, 1.2',
    );
  });
});
