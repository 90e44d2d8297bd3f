// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what is substituted.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../../src/configuration/errors.js';
import { loadConfiguration } from '../../../src/configuration/index.js';
import { CASES } from '../../configuration/support.js';
import type { Cleanup } from '../../support/cleanup.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

/** It is read sooner than the complete ones. */
const MINIMAL = `receivers:
  uds:
    sockets:
      - {name: a, listen: /run/udscope/sockets/a/a.sock, upstream: "\${env:D:-/run/a.sock}"}
exporters: {prometheus: {endpoint: localhost:9464}}
service: {pipelines: {metrics: {receivers: [uds], exporters: [prometheus]}}}
`;

const ENV = { A: '1', B: '[x, {y: z}]', C: '' };

/** otel-config.yaml: it is taken, or refused with a ConfigurationError. */
export function configuration(cleanup: Cleanup): TextTarget {
  const file = join(cleanup.directory(), 'otel-config.yaml');
  return {
    samples: [
      MINIMAL,
      MINIMAL,
      MINIMAL,
      readFileSync(`${CASES}/complete.yaml`, 'utf8'),
      readFileSync('otel-config.yaml', 'utf8'),
    ],
    fragments: [
      ...[
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        ': ',
        '- ',
        '&a ',
        '*a',
        '<<: *a',
        '!!binary ',
        '|\n',
        '>-\n',
        '#',
        '%YAML 1.1\n',
      ],
      ...[
        '${env:A}',
        '${B}',
        '${',
        '${env:X:-${A}}',
        '${file:/dev/null}',
        '\t',
        '\0',
        '\ufeff',
        '---\n',
        '...\n',
        '\n',
      ],
      ...[
        'receivers:',
        'uds:',
        'sockets:',
        'null',
        '1e999',
        '-1',
        '99999999999999999999',
        '5s',
        '4KiB',
        '__proto__: ',
      ],
    ],
    check: (text) =>
      inTime(text.length, () => {
        writeFileSync(file, text);
        try {
          loadConfiguration({ files: [file], sets: [], env: ENV });
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error;
        }
      }),
  };
}
