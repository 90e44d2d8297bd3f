import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblem } from '../../src/configuration/errors.js';
import { loadConfiguration } from '../../src/configuration/load.js';
import { CASES, load, mistakes, refusal } from './support.js';

describe('several configuration files', () => {
  it('go over each other: maps key by key, lists and scalars as a whole', () => {
    const { config } = load(['minimal', 'overlay']);
    const receiver = config.receivers.get('uds')?.config;
    assert.equal(receiver?.threads, 4);
    assert.deepEqual(
      receiver.sockets.map(({ listen }) => listen),
      ['/run/udscope/geth.sock'],
    );
    assert.deepEqual(config.pipelines[0]?.receivers, ['uds']);
    assert.deepEqual(config.pipelines[0]?.exporters, ['debug', 'prometheus']);
    const prometheus = config.exporters.get('prometheus');
    assert.equal(prometheus?.type === 'prometheus' && prometheus.config.path, '/uds');
  });

  it('keep their own lines', () => {
    const { config } = load(['minimal', 'overlay']);
    assert.equal(config.positions(['receivers', 'uds', 'threads']), `${CASES}/overlay.yaml:4`);
    assert.equal(
      config.positions(['service', 'pipelines', 'metrics', 'receivers']),
      `${CASES}/minimal.yaml:11`,
    );
  });

  it('have their mistakes told in the order they were given', () => {
    assert.deepEqual(mistakes(['minimal', 'overlay-with-mistakes', 'overlay']), [
      'overlay-with-mistakes.yaml:6: service.telemetry.logs.level: "loud" is not one of trace, debug, info, warn, error, fatal, silent',
    ]);
    assert.deepEqual(mistakes(['overlay-with-mistakes', 'debug-values', 'uds-timeouts']).map(fileOf), [
      ...Array(2).fill('overlay-with-mistakes.yaml'),
      ...Array(5).fill('debug-values.yaml'),
      ...Array(4).fill('uds-timeouts.yaml'),
    ]);
  });

  it('take nothing back when they are empty', () => {
    assert.equal(load(['minimal', 'yaml-empty']).config.receivers.size, 1);
  });

  it('take a body back to its defaults when they name it without one', () => {
    const { config } = load(['complete'], { sets: ['exporters.otlp_http.retry_on_failure='] });
    const exporter = config.exporters.get('otlp_http');
    assert.equal(exporter?.type === 'otlphttp' && exporter.config.retry_on_failure.enabled, true);
  });
});

describe('anchors and merge keys', () => {
  it('take over what a map does not say itself', () => {
    const { config } = load(['merge-keys']);
    const sockets = config.receivers.get('uds')?.config.sockets ?? [];
    assert.deepEqual(
      sockets.map(({ listen, mode, connect_timeout }) => [listen, mode, connect_timeout]),
      [
        ['/run/udscope/a.sock', 0o600, 1000],
        ['/run/udscope/b.sock', 0o600, 1000],
        ['/run/udscope/c.sock', 0o640, 1000],
      ],
    );
    assert.deepEqual(config.exporters.get('debug/2')?.config, { verbosity: 'basic', interval: 1000 });
  });
});

describe('--set', () => {
  it('goes over all files, the last one first', () => {
    const { config } = load(['minimal'], { sets: ['receivers.uds.threads=2', 'receivers.uds.threads=3'] });
    assert.equal(config.receivers.get('uds')?.config.threads, 3);
  });

  it('reads its value as YAML, and keys with a slash', () => {
    const { config } = load(['minimal'], {
      sets: [
        'receivers.uds/x={ threads: 2, sockets: [{ listen: /run/x.sock, upstream: /run/y.sock }] }',
        'service.pipelines.metrics/x={ receivers: [uds/x], exporters: [prometheus] }',
        'receivers.uds/x.buffer_size=8KiB',
        'service.telemetry.resource.note=a=b',
      ],
    });
    assert.equal(config.receivers.get('uds/x')?.config.threads, 2);
    assert.equal(config.receivers.get('uds/x')?.config.buffer_size, 8192);
    assert.equal(config.resource['note'], 'a=b');
  });

  it('is enough without any file', () => {
    const { config } = loadConfiguration({
      files: [],
      sets: [
        'receivers.uds.sockets=[{"listen":"/run/a.sock","upstream":"/run/$$b.sock"}]',
        'exporters.debug={}',
        'service.pipelines.metrics={"receivers":["uds"],"exporters":["debug"]}',
      ],
      env: {},
    });
    assert.equal(config.receivers.get('uds')?.config.sockets[0]?.upstream, '/run/$b.sock');
    assert.equal(config.positions(['receivers', 'uds', 'sockets', 0]), '--set receivers.uds.sockets');
  });

  it('is named in its mistakes', () => {
    const sets = ['receivers.uds.threads=0', 'receivers.uds.sockets=[{listen: "@", upstream: /run/b.sock}]'];
    assert.deepEqual(mistakes(['minimal'], { sets }), [
      '--set receivers.uds.threads: 0 is not a number of threads; give auto, or from 1 to 64',
      '--set receivers.uds.sockets: receivers.uds.sockets[0].listen: "@" is empty',
    ]);
  });

  it('says how it is written', () => {
    const sets = [
      'receivers.uds.threads',
      '=secret',
      'receivers..threads=2',
      'receivers.uds.sockets=[secret',
    ];
    assert.deepEqual(mistakes(['minimal'], { sets }), [
      '--set: "receivers.uds.threads" has no value; write --set receivers.uds.threads=2',
      '--set: "" has an empty key; write --set receivers.uds.threads=2',
      '--set: "receivers..threads" has an empty key; write --set receivers.uds.threads=2',
      '--set receivers.uds.sockets: is not valid YAML at column 8: flow sequence must end with a ]',
    ]);
  });
});

describe('files that cannot be read', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'udscope-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function messagesFor(...files: string[]): string[] {
    const { problems } = refusal(() => loadConfiguration({ files, sets: [], env: {} }));
    return problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''));
  }

  it('are all named', () => {
    const binary = join(folder, 'binary.yaml');
    writeFileSync(binary, Buffer.of(0x61, 0xff));
    const messages = messagesFor(join(folder, 'none.yaml'), `${folder}/`, binary);
    assert.deepEqual(messages, [
      'none.yaml: no such file',
      ': is a directory; give a file',
      'binary.yaml: is not UTF-8 text',
    ]);
  });

  it('may lack permission', function () {
    // The superuser may read everything.
    if (process.getuid?.() === 0) this.skip();
    const locked = join(folder, 'locked.yaml');
    writeFileSync(locked, '');
    chmodSync(locked, 0);
    assert.deepEqual(messagesFor(locked), ['locked.yaml: cannot be read: permission denied']);
  });

  it('may nest without end', () => {
    const deep = join(folder, 'deep.yaml');
    writeFileSync(deep, '['.repeat(3000));
    assert.match(
      messagesFor(deep).join('\n'),
      /^deep.yaml:1: is not valid YAML at column \d+: it nests too deeply$/,
    );
    writeFileSync(deep, `receivers: ${'['.repeat(200)}${']'.repeat(200)}`);
    assert.match(messagesFor(deep)[0] ?? '', /^deep.yaml:1: receivers(\[0\])+: nests too deeply$/);
  });

  it('are needed', () => {
    assert.deepEqual(messagesFor(), ['configuration: no configuration file is given']);
  });
});

function fileOf(message: string): string {
  return message.slice(0, message.indexOf(':'));
}
