// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what the tests are about.
import assert from 'node:assert/strict';
import { expand } from '../../src/configuration/substitution.js';
import { load, mistakes, refusal } from './support.js';

describe('expand', () => {
  const env = { HOST: 'otelcol', EMPTY: '', DOLLAR: '${HOST} $$', _x1: 'y' };

  const texts: [string, string][] = [
    ['plain', 'plain'],
    ['${env:HOST}', 'otelcol'],
    ['${HOST}', 'otelcol'],
    ['${_x1}', 'y'],
    ['http://${env:HOST}:4318/${HOST}', 'http://otelcol:4318/otelcol'],
    ['${env:NONE:-default}', 'default'],
    ['${NONE:-a:-b}', 'a:-b'],
    ['${env:NONE:-}', ''],
    ['${env:HOST:-default}', 'otelcol'],
    // As in the Collector: a default is for what is not set, not for what is empty.
    ['${env:EMPTY:-default}', ''],
    ['$$', '$'],
    ['$$$$', '$$'],
    ['$${env:HOST}', '${env:HOST}'],
    ['$$${env:HOST}', '$otelcol'],
    ['${NONE:-$$5}', '$5'],
    ['${env:NONE:-${env:HOST}}', 'otelcol'],
    ['${env:NONE:-a${ALSO_NONE:-b}c}', 'abc'],
    ['${file:/dev/../proc/sys/kernel/ostype}', 'Linux'],
    ['$HOST costs 5$', '$HOST costs 5$'],
    ['{env:HOST}', '{env:HOST}'],
    // What is filled in is not looked at again.
    ['${DOLLAR}', '${HOST} $$'],
  ];
  for (const [text, expected] of texts) {
    it(`makes ${expected === '' ? 'nothing' : expected} of ${text}`, () => {
      const expansion = expand(text, env);
      assert.ok('text' in expansion);
      assert.equal(expansion.text, expected);
    });
  }

  it('says which variables are not set', () => {
    const expansion = expand('${env:A}${B}${HOST}${C:-c}', env);
    assert.ok('unset' in expansion);
    assert.deepEqual(expansion.unset, ['A', 'B']);
  });

  it('takes no variable from what every object has', () => {
    const expansion = expand('${constructor}', {});
    assert.deepEqual(expansion, { text: '', whole: true, unset: ['constructor'], variables: [] });
  });

  it('tells a text that is one substitution from one that has some', () => {
    const isWhole = (text: string) => {
      const expansion = expand(text, env);
      return 'whole' in expansion && expansion.whole;
    };
    assert.equal(isWhole('${HOST}'), true);
    assert.equal(isWhole('${HOST}${HOST}'), false);
    assert.equal(isWhole(' ${HOST}'), false);
    assert.equal(isWhole('$$'), false);
  });
});

describe('substitution in a configuration', () => {
  const ENV = {
    PORT: '4',
    LIST: '[container.id, k8s.pod.name]',
    MAP: '{ verbosity: normal }',
    ID: '1234567890e5',
    BIG: '12345678901234567890',
    MARKED: 'a # b',
    QUOTED: '"quoted"',
    EMPTY: '',
    BROKEN: '[',
    YES: 'true',
  };

  function loadWith(...sets: string[]) {
    return load(['minimal'], { sets, env: ENV });
  }

  it('gives values the type that YAML gives their text', () => {
    const { config } = loadWith(
      'receivers.uds.threads=${env:PORT}',
      'service.telemetry.metrics.attributes=${LIST}',
      'exporters.debug=${MAP}',
      'exporters.prometheus.without_scope_info=${YES}',
    );
    assert.equal(config.receivers.get('uds')?.config.threads, 4);
    assert.deepEqual(config.service.telemetry.metrics.attributes, ['container.id', 'k8s.pod.name']);
    assert.deepEqual(config.exporters.get('debug')?.config, { verbosity: 'normal', interval: 10_000 });
  });

  it('gives text where text is wanted, whatever it looks like', () => {
    const { config } = loadWith(
      'receivers.uds.sockets=[{ listen: /a, upstream: /b, container: { id: "x", attributes: {} } }]',
      'exporters.otlphttp.headers.x-id=${ID}',
      'exporters.otlphttp.headers.x-big=${BIG}',
      'exporters.otlphttp.headers.x-yes=${YES}',
      'exporters.otlphttp.headers.x-map=${MAP}',
      'exporters.otlphttp.headers.x-marked=${MARKED}',
      'exporters.otlphttp.headers.x-quoted=${QUOTED}',
      'exporters.otlphttp.headers.x-broken=${BROKEN}',
    );
    const exporter = config.exporters.get('otlphttp');
    assert.ok(exporter?.type === 'otlphttp');
    assert.deepEqual(exporter.config.headers, {
      'x-id': '1234567890e5',
      'x-big': '12345678901234567890',
      'x-yes': 'true',
      'x-map': '{ verbosity: normal }',
      'x-marked': 'a # b',
      'x-quoted': '"quoted"',
      'x-broken': '[',
    });
  });

  it('keeps the text of quoted values', () => {
    const { config } = loadWith(
      'exporters.otlphttp.headers.x="${PORT}"',
      "service.telemetry.resource.x='${PORT}'",
    );
    assert.equal(config.resource['x'], '4');
    assert.deepEqual(mistakes(['minimal'], { sets: ['receivers.uds.threads="${PORT}"'], env: ENV }), [
      '--set receivers.uds.threads: "4" is not a number of threads; give auto, or from 1 to 64',
    ]);
  });

  it('does not touch keys', () => {
    const { config } = loadWith('service.telemetry.resource={ "${PORT}": "${PORT}" }');
    assert.deepEqual(config.resource, { '${PORT}': '4' });
  });

  it('warns of variables that are not set, and keeps the default there', () => {
    const { config, warnings } = loadWith(
      'receivers.uds.threads=${env:NONE}',
      'receivers.uds.buffer_size=${EMPTY}',
    );
    assert.equal(config.receivers.get('uds')?.config.threads, 'auto');
    assert.deepEqual(warnings, [
      '--set receivers.uds.threads: the variable NONE is not set; its value is empty',
    ]);
  });

  it('does not warn of a value that a later file replaces', () => {
    const { warnings } = loadWith('receivers.uds.threads=${env:NONE}', 'receivers.uds.threads=1');
    assert.deepEqual(warnings, []);
  });

  it('hands unset variables over with the mistakes they lead to', () => {
    const error = refusal(() =>
      loadWith('receivers.uds.sockets=[{ listen: "${NONE}", upstream: "/run/a.sock" }]'),
    );
    assert.equal(error.message, '--set receivers.uds.sockets: receivers.uds.sockets[0].listen: "" is empty');
    assert.deepEqual(error.warnings, [
      '--set receivers.uds.sockets: receivers.uds.sockets[0].listen: the variable NONE is not set; its value is empty',
    ]);
  });
});
