// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what the tests are about.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateText } from '../exporters/otlphttp/certificates.js';
import { useCleanup } from '../support/cleanup.js';
import { load, mistakes } from './support.js';

describe('${file:PATH}', () => {
  const cleanup = useCleanup();

  function file(text: string): string {
    const path = join(cleanup.directory(), 'value');
    writeFileSync(path, text);
    return path;
  }

  const headersWith = (value: string, env = {}) => {
    const sets = [`exporters.otlphttp.headers.authorization=${value}`];
    const exporter = load(['minimal'], { sets, env }).config.exporters.get('otlphttp');
    return exporter?.type === 'otlphttp' ? exporter.config.headers['authorization'] : undefined;
  };

  it('is the text of the file, without the line end that an editor adds', () => {
    assert.equal(headersWith(`"Bearer \${file:${file('t0ken\n')}}"`), 'Bearer t0ken');
    assert.equal(headersWith(`\${file:${file('t0ken\r\n')}}`), 't0ken');
  });

  it('is taken as it is: secrets have dollars, and look like numbers', () => {
    assert.equal(
      headersWith(`Bearer \${file:${file('${HOME}$$x')}}`, { HOME: '/root' }),
      'Bearer ${HOME}$$x',
    );
    assert.equal(headersWith(`\${file:${file('0123')}}`), '0123');
    assert.equal(headersWith(`\${file:${file('a: b # c')}}`), 'a: b # c');
  });

  it('may be named by a variable, with a default', () => {
    const path = file('x');
    assert.equal(headersWith('${file:${env:TOKEN_FILE}}', { TOKEN_FILE: path }), 'x');
    assert.equal(headersWith(`\${file:\${env:TOKEN_FILE:-${path}}}`), 'x');
  });

  it('gives a value the type that YAML gives its text, as a whole part of a configuration', () => {
    const path = file('verbosity: ${env:VERBOSITY:-normal}\ninterval: 3s\n');
    const { config } = load(['minimal'], {
      sets: [`exporters.debug=\${file:${path}}`, `receivers.uds.threads=\${file:${file('3\n')}}`],
    });
    assert.deepEqual(config.exporters.get('debug')?.config, { verbosity: 'normal', interval: 3000 });
    assert.equal(config.receivers.get('uds')?.config.threads, 3);
  });

  it('keeps the text of PEM', () => {
    const pem = certificateText('ca.pem');
    const sets = [
      'exporters.otlphttp.endpoint=https://otelcol:4318',
      `exporters.otlphttp.tls.ca_pem=\${file:${file(pem)}}`,
      'service.pipelines.metrics.exporters=[otlphttp]',
    ];
    const exporter = load(['minimal'], { sets }).config.exporters.get('otlphttp');
    assert.equal(exporter?.type === 'otlphttp' && exporter.config.tls.ca_pem, pem.trimEnd());
  });

  it('has its mistakes told by its own lines, and no value that may be a secret', () => {
    const part = file('\ninterval: 5\n');
    assert.deepEqual(mistakes(['minimal'], { sets: [`exporters.debug=\${file:${part}}`] }), [
      `${part}:2: exporters.debug.interval: 5 is not a duration; it has no unit: write 5s or 5ms`,
    ]);
    const secret = file('hunter2');
    for (const text of [`\${file:${secret}}`, `"x\${file:${secret}}"`]) {
      assert.deepEqual(
        mistakes(['minimal'], { sets: [`exporters.debug={ interval: ${JSON.stringify(text)} }`] }),
        [
          '--set exporters.debug: exporters.debug.interval: the value is not a duration; give whole numbers with the units h, m, s and ms, as 250ms, 5s or 1m30s',
        ],
      );
    }
  });

  it('is refused for what is no file of text, or has no end', () => {
    const refusals: [string, string][] = [
      ['/none', 'names a file that does not exist'],
      ['/tmp', 'names a file that is a directory; give a file'],
      ['/dev/zero', 'names a file that is no regular file'],
      [file('x'.repeat(2 ** 20 + 1)), 'names a file that has more than 1048576 bytes'],
    ];
    for (const [path, words] of refusals) {
      const [message = ''] = mistakes(['minimal'], {
        sets: [`service.telemetry.resource.x=\${file:${path}}`],
      });
      assert.ok(message.endsWith(words), message);
    }
    const self = file('');
    writeFileSync(self, `interval: \${file:${self}}`);
    assert.match(
      mistakes(['minimal'], { sets: [`exporters.debug=\${file:${self}}`] })[0] ?? '',
      /is in a file that names itself, or others too deeply$/,
    );
  });
});
