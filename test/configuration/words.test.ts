import assert from 'node:assert/strict';
import { parseIdentifier } from '../../src/configuration/identifiers.js';
import { prometheusLabel } from '../../src/configuration/label-checks.js';
import { isSecret, show } from '../../src/configuration/show.js';
import { suggest } from '../../src/configuration/suggest.js';
import { formatPath } from '../../src/values/mistakes.js';

describe('show', () => {
  it('shows a value as JSON on one line, cut', () => {
    assert.equal(show(1.5), '1.5');
    assert.equal(show(true), 'true');
    assert.equal(show(null), 'null');
    assert.equal(show(Number.NaN), 'NaN');
    assert.equal(show('a\n"b"\u001b[31m'), '"a\\n\\"b\\"\\u001b[31m"');
    assert.equal(show('x'.repeat(61)), `"${'x'.repeat(60)}…"`);
    assert.equal(show('😀'.repeat(60)), `"${'😀'.repeat(60)}"`);
  });

  it('escapes what JSON lets through and a terminal would act on', () => {
    assert.equal(show('\u009b31m\u202e\u2028\u007f'), '"\\u{9b}31m\\u{202e}\\u{2028}\\u{7f}"');
  });

  it('only names maps and lists, which may have secrets in them', () => {
    assert.equal(show({ headers: { authorization: 'secret' } }), 'a map');
    assert.equal(show(['secret']), 'a list');
  });

  it('hides user and password of a URL', () => {
    assert.equal(show('https://user:pass@host/a@b'), '"https://***@host/a@b"');
  });
});

describe('isSecret', () => {
  it('is true for headers and all that is in them', () => {
    assert.equal(isSecret(['exporters', 'otlphttp', 'headers']), true);
    assert.equal(isSecret(['exporters', 'otlphttp', 'headers', 'a', 0]), true);
    assert.equal(isSecret(['exporters', 'otlphttp', 'endpoint']), false);
  });
});

describe('formatPath', () => {
  it('joins keys with dots, and quotes those that a dot would make unclear', () => {
    assert.equal(
      formatPath(['receivers', 'uds/x', 'sockets', 0, 'listen']),
      'receivers.uds/x.sockets[0].listen',
    );
    assert.equal(formatPath(['attributes', 'k8s.pod.name']), 'attributes["k8s.pod.name"]');
    assert.equal(formatPath(['', 'a b']), '[""]["a b"]');
    assert.equal(formatPath([]), '');
  });
});

describe('suggest', () => {
  const keys = ['threads', 'max_connections', 'buffer_size', 'sockets', 'path'];

  it('finds letters that are missing, doubled, wrong or swapped', () => {
    assert.equal(suggest('treads', keys), 'threads');
    assert.equal(suggest('threeads', keys), 'threads');
    assert.equal(suggest('buffer-size', keys), 'buffer_size');
    assert.equal(suggest('sokcets', keys), 'sockets');
    assert.equal(suggest('maxconnections', keys), 'max_connections');
    assert.equal(suggest('paht', keys), 'path');
  });

  it('finds nothing that is not close', () => {
    assert.equal(suggest('colour', keys), undefined);
    assert.equal(suggest('', keys), undefined);
    assert.equal(suggest('pipe', keys), undefined);
    assert.equal(suggest('threads', []), undefined);
  });

  it('prefers the closest', () => {
    assert.equal(suggest('uds/b', ['uds/aa', 'uds/a', 'uds/bb']), 'uds/a');
  });
});

describe('parseIdentifier', () => {
  it('reads a type and a name', () => {
    assert.deepEqual(parseIdentifier('uds'), { type: 'uds', name: undefined });
    assert.deepEqual(parseIdentifier('otlp_http/a/b-1.x'), { type: 'otlp_http', name: 'a/b-1.x' });
    assert.deepEqual(parseIdentifier('uds/größe'), { type: 'uds', name: 'größe' });
  });

  it('refuses anything else', () => {
    for (const id of ['', '/', 'uds/', '/a', '1uds', 'u-ds', 'uds/a b', 'uds/a\u0000', 'uds/\u200b']) {
      assert.equal(parseIdentifier(id), undefined, JSON.stringify(id));
    }
  });
});

describe('prometheusLabel', () => {
  it('is what the Prometheus exporter makes of a name', () => {
    assert.equal(prometheusLabel('container.id'), 'container_id');
    assert.equal(prometheusLabel('a.-__b'), 'a_b');
    assert.equal(prometheusLabel('Größe'), 'Gr_e');
  });
});
