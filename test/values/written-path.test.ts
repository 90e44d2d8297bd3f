// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a path with a leftover of a shell.
import assert from 'node:assert/strict';
import { parseContainerPath } from '../../src/api/containers/request.js';
import { parseControlSocket } from '../../src/extensions/control/config.js';
import { parseSocketPath, refuseRelative } from '../../src/values/socket-path.js';

describe('paths as people write them', () => {
  const parsers = { parseSocketPath, parseContainerPath, parseControlSocket };

  for (const [name, parse] of Object.entries(parsers)) {
    it(`are understood by ${name} with unix: before them`, () => {
      for (const path of ['unix:///run/x.sock', 'unix:/run/x.sock', 'UNIX:///run/x.sock', '/run/x.sock']) {
        assert.deepEqual(parse(path), { ok: true, value: '/run/x.sock' }, path);
      }
    });

    it(`are refused by ${name} where nobody expands them, or no socket is meant`, () => {
      for (const path of [
        '~/x.sock',
        '~you/x.sock',
        '$HOME/x.sock',
        '/run/${UID}/x.sock',
        'unix://run/x.sock',
      ]) {
        assert.equal(parse(path).ok, false, path);
      }
      for (const path of [
        'tcp://host:1',
        'http://host/x',
        'npipe:////./pipe/x',
        '\\\\.\\pipe\\x',
        '127.0.0.1:8545',
      ]) {
        assert.equal(parse(path).ok, false, path);
      }
    });
  }

  it('may have what only looks like it', () => {
    for (const path of [
      '/run/a~b.sock',
      '/run/$x.sock',
      '/run/5$.sock',
      '/run/unix:x',
      '/run/a:80',
      '@~x',
      '@tcp://x',
    ]) {
      assert.deepEqual(parseSocketPath(path), { ok: true, value: path }, path);
    }
  });

  it('are absolute with unix: before them', () => {
    assert.equal(refuseRelative('unix:///run/x.sock'), undefined);
    assert.notEqual(refuseRelative('run/x.sock'), undefined);
  });
});
