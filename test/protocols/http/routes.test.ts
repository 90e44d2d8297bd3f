import assert from 'node:assert/strict';
import { enrichProcessorSchema } from '../../../src/processors/enrich/config.js';
import { HTTP } from '../../../src/protocols/conventions.js';
import { RequestNames } from '../../../src/protocols/http/request-names.js';
import { isPathTemplate } from '../../../src/protocols/http/routes/path-template.js';
import { RouteTable } from '../../../src/protocols/http/routes/route-table.js';

const HEX = `${'a'.repeat(63)}1`;
const nameOf = (line: string, names = new RequestNames([])) => {
  const bytes = Buffer.from(line);
  return names.of(bytes, 0, bytes.length);
};

describe('names of requests', () => {
  it('have templates of the user, which come first', () => {
    const table = new RouteTable([
      '/orders/{id}/items',
      '/files/{path...}',
      '/{tenant}/info',
      '/containers/{name}/json',
    ]);
    for (const [path, template] of [
      ['/orders/17/items', '/orders/{id}/items'],
      ['/orders/17', '/orders/{id}'],
      ['/files/a/b/c.txt', '/files/{path}'],
      ['/files/', '/files/'],
      ['/acme/info', '/{tenant}/info'],
      ['/containers/a/json', '/containers/{name}/json'],
      ['/v1.43/containers/a/json', '/containers/{id}/json'],
    ]) {
      assert.equal(table.templateOf(path), template, path);
    }
  });

  it('take a name with slashes whole, and a text before a placeholder', () => {
    const table = new RouteTable([]);
    for (const [path, template] of [
      ['/v1.41/images/json', '/images/json'],
      ['/images/a/json/json', '/images/{name}/json'],
      ['/images/a/b', '/images/{name}'],
      ['/images/a%2Fb/push', '/images/{name}/push'],
      ['/plugins/vieux/sshfs:latest/enable', '/plugins/{name}/enable'],
      ['/libpod/images/scp/a/b', '/libpod/images/scp/{name}'],
      ['/v5.0.0-dev/libpod/pods/json', '/libpod/pods/json'],
      // That of another server, which has no dot.
      ['/v1/info', '/v1/info'],
      ['/v1/containers/a7/json', '/v1/containers/{id}/json'],
      ['/v4.9.3/libpod/manifests/a/b/add', '/libpod/manifests/{name}/add'],
    ]) {
      assert.equal(table.templateOf(path), template, path);
    }
  });

  it('have a placeholder for each segment that may be a value', () => {
    const table = new RouteTable([]);
    for (const [path, template] of [
      ['/api/v2/users/42', '/api/v2/users/{id}'],
      [`/x/${HEX}/y`, '/x/{id}/y'],
      ['/x/deadbeef', '/x/{id}'],
      ['/x/alice@example.com', '/x/{id}'],
      ['/x/node12', '/x/{id}'],
      [`/x/${'word'.repeat(9)}`, '/x/{id}'],
      ['/x/../etc', '/x/{id}/etc'],
      ['/x/\u001b[0m', '/x/{id}'],
      ['//a/', '//a/'],
      ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/{path}'],
    ]) {
      assert.equal(table.templateOf(path), template, path);
    }
  });

  it('show the procedures of Connect, Twirp and gRPC-Web, whose services have versions and long names', () => {
    const table = new RouteTable([]);
    for (const [path, template] of [
      ['/acme.v1.Ping/Unary', '/acme.v1.Ping/Unary'],
      ['/acme.Orders/List', '/acme.Orders/List'],
      ['/twirp/acme.shop.v1beta1.Haberdasher/MakeHat', '/twirp/acme.shop.v1beta1.Haberdasher/MakeHat'],
      ['/grpc.reflection.v1alpha.ServerReflection/Info', '/grpc.reflection.v1alpha.ServerReflection/Info'],
      ['/spiffe.v1.Workload/FetchX509SVID', '/spiffe.v1.Workload/FetchX509SVID'],
      ['/acme.v1.Ping/Unary/17', '/{id}/Unary/{id}'],
      ['/acme.v1.Ping/alice1', '/{id}/{id}'],
      ['/acme.v1.ping/Unary', '/{id}/Unary'],
      ['/acme.v1.Ping/QWxh12345678', '/{id}/{id}'],
    ]) {
      assert.equal(table.templateOf(path), template, path);
    }
  });

  it('are found at once in paths that are written to be tried in many ways', () => {
    const table = new RouteTable([]);
    const startMs = performance.now();
    for (const part of [
      'v1.',
      'v1alpha.',
      'a.',
      'a_',
      'v1',
      '1.',
      'A1',
      'aA',
      '-',
      '%41',
      '{',
      '/v1.',
      '/a',
    ]) {
      for (const end of ['/A', '!/A', 'A/A', '/A!', '/v1.'])
        table.templateOf(`/${part.repeat(120 / part.length)}${end}`);
    }
    // Who tries two ways for each part does not come to an end at all.
    assert.ok(performance.now() - startMs < 1000);
  });

  it('show no query, fragment or authority, and no method that is none', () => {
    for (const [line, name] of [
      ['GET /a?token=s HTTP/1.1', 'GET /a'],
      ['GET /a#s HTTP/1.1', 'GET /a'],
      ['GET http://user:secret@host/a/17?x HTTP/1.1', 'GET /a/{id}'],
      ['GET http://host HTTP/1.1', 'GET /'],
      ['OPTIONS * HTTP/1.1', 'OPTIONS'],
      ['CONNECT secret:443 HTTP/1.1', 'CONNECT'],
      ['BREW /pot HTTP/1.1', '_OTHER /pot'],
      ['GET', 'GET'],
    ]) {
      assert.equal(nameOf(line), name, line);
    }
  });

  it('are the same for what comes again, and for what has the same place in what is remembered', () => {
    const names = new RequestNames([]);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++) assert.equal(nameOf(`GET /a${i}/b HTTP/1.1`, names), 'GET /{id}/b');
      assert.equal(nameOf('PUT /a/b HTTP/1.1', names), 'PUT /a/b');
    }
  });

  it('show no names of what others store, and keep the words of well-known APIs', () => {
    const paths = {
      // snapd, Cilium, Firecracker, Cloud Hypervisor, LXD and Incus, Kubernetes.
      '/v2/snaps/firefox/conf': '/v2/snaps/{id}/conf',
      '/v2/system-info': '/v2/system-info',
      '/v1/endpoint/pod-name:default:nginx/labels': '/v1/endpoint/{id}/labels',
      '/v1/policy/selectors': '/v1/policy/selectors',
      '/machine-config': '/machine-config',
      '/drives/rootfs': '/drives/{id}',
      '/network-interfaces/eth0': '/network-interfaces/{id}',
      '/api/v1/vm.add-disk': '/api/v1/vm.add-disk',
      '/1.0/instances/web/state': '/1.0/instances/{id}/state',
      '/1.0/operations/b043d632-5c48-44b3-983c-a25660d61164/wait': '/1.0/operations/{id}/wait',
      '/api/v1/namespaces/prod/secrets/db-password': '/api/v1/namespaces/{id}/secrets/{id}',
      '/apis/apps/v1/namespaces/prod/deployments/web/scale':
        '/apis/apps/v1/namespaces/{id}/deployments/{id}/scale',
      // Consul and Vault.
      '/v1/kv/app/config/database-password': '/v1/kv/{path}',
      '/v1/health/service/web': '/v1/health/service/web',
      '/v1/secret/data/production/database': '/v1/secret/{path}',
      '/v1/auth/userpass/login/mitchellh': '/v1/auth/userpass/login/{id}',
      '/v1/sys/health': '/v1/sys/health',
      '/v1/sys/mounts/payroll': '/v1/sys/mounts/{id}',
      // etcd's gateway.
      '/v3/kv/range': '/v3/kv/range',
      '/2018-06-01/runtime/invocation/next': '/2018-06-01/runtime/invocation/next',
      '/users/alice/repos': '/users/{id}/repos',
      '/users/search': '/users/search',
      '/status/ready': '/status/ready',
      // Base64, and words that are written together.
      '/reset/QWxhZGRpbjpvcGVu': '/reset/{id}',
      '/t/eyJhbGciOiJIUzI': '/t/{id}',
      '/bookings-by-code/KQZRTB': '/bookings-by-code/{id}',
      '/rpc/getOrderById': '/rpc/getOrderById',
      '/HNAP/GetDeviceSettings': '/HNAP/GetDeviceSettings',
    };
    for (const [path, template] of Object.entries(paths))
      assert.equal(nameOf(`GET ${path} HTTP/1.1`), `GET ${template}`);
  });

  it('take a long path in a bounded time', () => {
    const start = performance.now();
    nameOf(`GET /libpod/manifests/${'a/'.repeat(30_000)} HTTP/1.1`);
    nameOf(`GET /libpod/manifests/${'registry/'.repeat(28)} HTTP/1.1`);
    assert.ok(performance.now() - start < 200);
  });
});

describe('templates that a user gives', () => {
  it('are paths with placeholders for whole segments', () => {
    for (const good of ['/', '/a', '/a/{id}', '/{a}/b/{path...}', '/a-b/c.d/'])
      assert.ok(isPathTemplate(good), good);
    for (const bad of ['', 'a', '/a{id}', '/{}', '/{a b}', '/a?b', '/a b', '/{id...}x', '/{a'])
      assert.equal(isPathTemplate(bad), false, bad);
  });

  it('are 1,000 at most', () => {
    const accepts = (count: number) =>
      enrichProcessorSchema.safeParse({ http: { routes: Array(count).fill('/a/{id}') } }).success;
    assert.deepEqual([accepts(1000), accepts(1001)], [true, false]);
  });

  it('have at most two names with slashes, so that no path takes long to match', () => {
    assert.ok(isPathTemplate('/{a...}/b/{c...}'));
    assert.equal(isPathTemplate('/{a...}/b/{c...}/d/{e...}'), false);
  });
});

describe('the convention of HTTP', () => {
  it('calls a route what the server or the user gives, and a template what a rule makes', () => {
    const known = (name: string, routes: readonly string[] = []) =>
      HTTP.methodAttributes('http', name, routes);
    const get = { 'http.request.method': 'GET', 'url.scheme': 'http' };
    assert.deepEqual(known('GET /containers/{id}/json'), { ...get, 'http.route': '/containers/{id}/json' });
    assert.deepEqual(known('GET /orders/{id}'), { ...get, 'url.template': '/orders/{id}' });
    assert.deepEqual(known('GET /files/{path}', ['/files/{path...}']), {
      ...get,
      'http.route': '/files/{path}',
    });
    assert.deepEqual(known(HTTP.unnamed('GET /orders/{id}')), get);
  });

  it('looks at the templates of a user once, however many spans there are', () => {
    let looks = 0;
    const routes = new Proxy(['/orders/{id}', '/files/{path...}'], {
      get: (list, key) => {
        if (key === '0') looks++;
        return Reflect.get(list, key);
      },
    });
    for (let i = 0; i < 10; i++) HTTP.methodAttributes('http', 'GET /x/{id}', routes);
    assert.ok(looks <= 2, String(looks));
  });

  it('names spans by method and path', () => {
    assert.equal(HTTP.spanName('http', 'GET /a'), 'GET /a');
    assert.equal(HTTP.spanName('http', '_OTHER /a'), 'HTTP /a');
    assert.equal(HTTP.spanName('http', 'OPTIONS'), 'OPTIONS');
  });

  it('has statuses as numbers', () => {
    assert.deepEqual(HTTP.statusAttributes('404'), { 'http.response.status_code': 404 });
    assert.deepEqual(HTTP.statusAttributes('_OTHER'), {});
  });
});
