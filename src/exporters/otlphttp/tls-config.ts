import * as z from 'zod';
import { helpfulKeys } from '../../values/helpful-keys.js';
import { text } from '../../values/text.js';
import { filePath } from '../../values/written-path.js';

/** TLS versions that are safe to speak, as the Collector writes them. */
const VERSIONS = ['1.2', '1.3'] as const;

const fileName = (what: string) =>
  filePath().nullable().prefault(null).describe(`File with ${what}, in PEM.`);
const inline = (what: string) =>
  text().nullable().prefault(null).describe(`${what} in PEM, in place of the file.`);

/** How the server is known, and how it knows us. The keys are those of the Collector's configtls. */
export const tlsSchema = z
  .strictObject({
    ca_file: fileName('the certificates that are trusted, in place of the well-known ones'),
    ca_pem: inline('The certificates that are trusted,'),
    cert_file: fileName('the certificate to show to the server, and those between it and its authority'),
    cert_pem: inline('The certificate to show to the server,'),
    key_file: fileName('the key of that certificate, without a passphrase'),
    key_pem: inline('The key of that certificate,'),
    insecure_skip_verify: z
      .boolean()
      .prefault(false)
      .describe('Take any certificate of any server: traffic is encrypted, and anybody may be the server.'),
    server_name_override: text()
      .nullable()
      .prefault(null)
      .describe('The name that the certificate of the server must have, if not the host of the URL.'),
    min_version: z.enum(VERSIONS).prefault('1.2').describe('The oldest version of TLS to speak.'),
    max_version: z.enum(VERSIONS).prefault('1.3').describe('The newest version of TLS to speak.'),
  })
  .register(helpfulKeys, {
    insecure:
      'is not needed: the scheme of endpoint decides; write http:// to send without TLS, or insecure_skip_verify: true to take any certificate',
    reload_interval: 'is not needed: files are read again as soon as they have changed; leave it out',
    include_system_ca_certs_pool:
      'is not available; put all certificates that are to be trusted into ca_file, as cat(1) joins them',
    cipher_suites: 'is not available; the ciphers are those of Node (NODE_OPTIONS=--tls-cipher-list=…)',
    curve_preferences: 'is not available; the curves are those of OpenSSL, leave it out',
    tpm: 'is not available; give the key as key_file',
  });

export type TlsConfig = z.output<typeof tlsSchema>;
