// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitutions are what this is about.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfiguration, printConfiguration } from '../../src/configuration/index.js';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { CASES, configsOf } from './support.js';

const BASE = `receivers: { uds: { sockets: [{ name: a, listen: /run/r/a, upstream: /run/a }] } }
service: { pipelines: { metrics: { receivers: [uds], exporters: [otlphttp] } } }
`;

/** Configurations that are accepted as they are. */
const ACCEPTED = [
  ...readdirSync(CASES)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(CASES, name)),
  repositoryPath('otel-config.yaml'),
].filter((file) => {
  try {
    loadConfiguration({ files: [file], sets: [], env: {} });
    return true;
  } catch {
    return false;
  }
});

describe('a configuration that is printed', () => {
  const cleanup = useCleanup();

  function write(text: string): string {
    const file = join(cleanup.directory(), 'udscope.yaml');
    writeFileSync(file, text);
    return file;
  }

  interface Printing {
    env?: Readonly<Record<string, string>>;
    sets?: readonly string[];
    origins?: boolean;
  }

  function print(text: string, { env = {}, sets = [], origins = false }: Printing = {}): string {
    const file = write(text);
    return printConfiguration({ files: [file], sets, env }, { origins }).text.replaceAll(file, 'FILE');
  }

  function lineOf(printed: string, key: string): string | undefined {
    return printed
      .split('\n')
      .find((line) => line.trimStart().replace(/^- /, '').startsWith(`${key}:`))
      ?.trim();
  }

  it('tries more than one', () => assert.ok(ACCEPTED.length > 3, ACCEPTED.join('\n')));

  for (const file of ACCEPTED) {
    for (const origins of [false, true]) {
      it(`is read as the same one: ${file.replace(repositoryPath(), '')}${origins ? ', with origins' : ''}`, () => {
        const before = loadConfiguration({ files: [file], sets: [], env: {} }).config;
        const { text } = printConfiguration({ files: [file], sets: [], env: {} }, { origins });
        const next = loadConfiguration({ files: [write(text)], sets: [], env: {} }).config;
        // What is hidden is not the same.
        const kinds = ['receivers', 'processors', 'extensions'] as const;
        for (const kind of /# hidden/.test(text) ? kinds : ([...kinds, 'exporters'] as const))
          assert.deepEqual(
            JSON.parse(JSON.stringify(configsOf(next[kind]))),
            withWholePaths(configsOf(before[kind]), dirname(file)),
          );
        assert.deepEqual(next.service, before.service);
        const printAgain = (from: string) =>
          printConfiguration({ files: [from], sets: [], env: {} }, { origins: false }).text;
        assert.equal(printAgain(write(text)), printAgain(file));
      });
    }
  }

  /** A module is named from the folder of its file, which the printed one is not in. */
  function withWholePaths(configs: unknown, folder: string): unknown {
    const text = JSON.stringify(configs).replaceAll('"module":"./', `"module":"${folder}/`);
    return JSON.parse(text);
  }

  it('has defaults, in the words of a file', () => {
    const printed = print(`${BASE}exporters: { otlphttp: }\n`);
    assert.equal(lineOf(printed, 'connect_timeout'), 'connect_timeout: 5s');
    assert.equal(lineOf(printed, 'buffer_size'), 'buffer_size: 256KiB');
    assert.doesNotMatch(printed, /#/);
  });

  it('says where each value comes from', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:1', OTEL_SERVICE_NAME: 'me', PLACE: '7' };
    const printed = print(
      `${BASE}exporters:\n  otlphttp:\n    compression: none\n    timeout: $\{PLACE}s\n`,
      {
        env,
        sets: ['receivers.uds.threads=2'],
        origins: true,
      },
    );
    assert.equal(lineOf(printed, 'threads'), 'threads: 2 # --set receivers.uds.threads');
    assert.equal(lineOf(printed, 'compression'), 'compression: none # FILE:5');
    assert.equal(lineOf(printed, 'timeout'), 'timeout: 7s # FILE:6, ${env:PLACE}');
    assert.equal(lineOf(printed, 'endpoint'), 'endpoint: http://otel:1 # OTEL_EXPORTER_OTLP_ENDPOINT');
    assert.equal(lineOf(printed, 'encoding'), 'encoding: proto # default');
    assert.equal(lineOf(printed, 'service.name'), 'service.name: me # OTEL_SERVICE_NAME');
    assert.equal(lineOf(printed, 'idle_timeout'), 'idle_timeout: 0s # default');
  });

  it('names both variables that an endpoint is made of', () => {
    const env = { OTEL_EXPORTER_PROMETHEUS_HOST: 'localhost', OTEL_EXPORTER_PROMETHEUS_PORT: '9999' };
    const text = BASE.replace('otlphttp', 'prometheus');
    const printed = print(`${text}exporters: { prometheus: }\n`, { env, origins: true });
    assert.match(lineOf(printed, 'endpoint') ?? '', /^endpoint: localhost:9999 # OTEL_\w+PORT$/);
    const other = print(`${text}exporters: { prometheus: }\n`, {
      env: { ...env, OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1' },
      origins: true,
    });
    assert.match(lineOf(other, 'endpoint') ?? '', /# OTEL_\w+HOST, OTEL_\w+PORT$/);
  });

  it('gives sockets their names and places', () => {
    const text = BASE.replace('name: a, listen: /run/r/a, upstream: /run/a', 'upstream: /run/docker.sock');
    const printed = print(`${text}exporters: { otlphttp: }\n`);
    assert.match(printed, /name: docker\.sock\n/);
    assert.match(printed, /listen: \/run\/udscope\/sockets\/docker\.sock\/docker\.sock\.sock\n/);
  });

  describe('hides', () => {
    const secret = 'hush-hush';

    function assertHidden(printed: string, key: string): void {
      assert.ok(!printed.includes(secret), printed);
      assert.match(lineOf(printed, key) ?? printed, /\*\*\*"? # hidden/);
    }

    it('headers, from wherever they are', () => {
      const own = `exporters: { otlphttp: { headers: { authorization: ${secret} } } }\n`;
      assertHidden(print(BASE + own), 'authorization');
      const env = { OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secret}` };
      assertHidden(print(`${BASE}exporters: { otlphttp: }\n`, { env, origins: true }), 'authorization');
      const sets = [`exporters.otlphttp.headers={authorization: ${secret}}`];
      assertHidden(print(`${BASE}exporters: { otlphttp: }\n`, { sets, origins: true }), 'authorization');
    });

    it('what variables hold whose names say that it is a secret', () => {
      const text = `${BASE}exporters: { otlphttp: { endpoint: "http://h/$\{env:API_TOKEN}" } }\n`;
      assertHidden(print(text, { env: { API_TOKEN: secret } }), 'endpoint');
      const literal = text.replace('API_TOKEN', `API_TOKEN:-${secret}`);
      assertHidden(print(literal), 'endpoint');
    });

    it('texts of files', () => {
      const file = join(cleanup.directory(), 'secret');
      writeFileSync(file, `http://${secret}/`);
      assertHidden(print(`${BASE}exporters: { otlphttp: { endpoint: "$\{file:${file}}" } }\n`), 'endpoint');
    });

    it('users and passwords in URLs', () => {
      const printed = print(`${BASE}exporters: { otlphttp: { endpoint: "unix:///run/a" } }\n`, {
        sets: [
          `processors={capture: {strategy: module, module: ./x.js, options: {u: "http://me:${secret}@h/"}}}`,
        ],
      });
      assert.equal(lineOf(printed, 'u'), 'u: http://***@h/ # hidden');
    });
  });

  describe('hides, too,', () => {
    const endpoint = (url: string) =>
      print(`${BASE}exporters: { otlphttp: { endpoint: ${JSON.stringify(url)} } }\n`);

    it('a password with blanks in it', () => {
      assert.equal(
        lineOf(endpoint('http://me:hush hush@h:1/'), 'endpoint'),
        'endpoint: http://***@h:1/ # hidden',
      );
    });

    it('parameters whose names say that they are secret', () => {
      assert.equal(
        lineOf(endpoint('http://h:1/v1?tenant=7&api_key=hush'), 'endpoint'),
        'endpoint: http://h:1/v1?tenant=7&api_key=*** # hidden',
      );
      assert.equal(
        lineOf(endpoint('http://h:1/v1?tenant=7'), 'endpoint'),
        'endpoint: http://h:1/v1?tenant=7',
      );
    });

    it("attributes and a module's options of such names", () => {
      const sets = [
        'processors={capture: {strategy: module, module: ./x.js, options: {limit: 5, in: {password: hush}}}}',
        'service.telemetry.resource={region: eu, db_password: hush}',
      ];
      const printed = print(`${BASE}exporters: { otlphttp: }\n`, { sets, origins: true });
      assert.doesNotMatch(printed, /hush/);
      assert.match(lineOf(printed, 'limit') ?? '', /^limit: 5 #/);
      assert.match(lineOf(printed, 'region') ?? '', /^region: eu #/);
    });

    it('what variables of such names hold, also where it is a mistake', () => {
      const text = `${BASE}exporters: { otlphttp: { endpoint: "ftp://h/$\{env:API_TOKEN}" } }\n`;
      assert.throws(
        () => print(text, { env: { API_TOKEN: 'hush' } }),
        /endpoint: the value is not a URL udscope can send to/,
      );
    });

    it('a password with a slash, which is a mistake that is told', () => {
      const text = `${BASE}exporters: { otlphttp: { endpoint: "http://me:hu/sh@h:1/" } }\n`;
      assert.throws(() => print(text), /endpoint: "http:\/\/\*\*\*@h:1\/" is not a valid URL/);
    });
  });

  it('escapes what would falsify a line, and is still the same', () => {
    const value = 'a\u202eb\u009b\u{e0041}: "x"';
    const main = write(`${BASE}exporters: { otlphttp: }\n`);
    const file = write(JSON.stringify({ service: { telemetry: { resource: { 'k\u2066': value } } } }));
    const { text } = printConfiguration({ files: [main, file], sets: [], env: {} }, { origins: true });
    assert.doesNotMatch(text, /[\u202e\u009b\u2066]/);
    const again = loadConfiguration({ files: [write(text)], sets: [], env: {} }).config;
    assert.deepEqual(again.resource, { 'k\u2066': value });
  });

  it('keeps dollar signs, and texts that look like numbers', () => {
    const resource = 'service: { telemetry: { resource: { a: "$${b}", c: "0123", d: "two\\nlines" } } }\n';
    const file = write(resource);
    const main = write(`${BASE}exporters: { otlphttp: }\n`);
    const source = { files: [main, file], sets: [], env: {} };
    const { text } = printConfiguration(source, { origins: true });
    const again = loadConfiguration({ files: [write(text)], sets: [], env: {} }).config;
    assert.deepEqual(again.resource, { a: '${b}', c: '0123', d: 'two\nlines' });
  });
});
