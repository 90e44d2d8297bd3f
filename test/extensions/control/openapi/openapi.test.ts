import assert from 'node:assert/strict';
import { SQL } from '../../../../src/protocols/conventions.js';
import { schemaMistakes } from '../../../configuration/json-schema-check.js';
import { useCleanup } from '../../../support/cleanup.js';
import { AgentInMemory, container, peerSocket } from '../agent-in-memory.js';
import { askJson, startControl } from '../fixture.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    name: string;
    in: string;
    required: boolean;
    schema: Json;
    description: string;
  }[];
  readonly requestBody?: { readonly content: Record<string, { schema: Json }> };
  readonly responses: Record<
    string,
    { description: string; content?: Record<string, { schema: Json; example?: unknown }> }
  >;
}

type Json = { readonly [key: string]: unknown };

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Json> };
}

describe('the description of the control API', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let control: string;
  let document: Document;
  let operations: [method: string, path: string, operation: Operation][];

  beforeEach(async () => {
    agent = new AgentInMemory();
    control = (await startControl(cleanup, undefined, { agent })).socket;
    document = (await askJson(control, 'GET', '/v1/openapi.json')).value as Document;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]): [string, string, Operation] => [
        method.toUpperCase(),
        path,
        operation,
      ]),
    );
  });

  /**
   * A schema with every reference replaced by what it refers to: ours refer to nothing that refers back. Without
   * the upper limits, which the checker does not have; the tests of the routes cross each of them.
   */
  function resolved(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, maxItems, maxProperties, maxLength, ...rest } = value as Json;
    const own = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, resolved(item)]));
    if ($ref === undefined) return own;
    const name = /^#\/components\/schemas\/(\w+)$/.exec(String($ref))?.[1];
    const schema = document.components.schemas[name ?? ''];
    assert.ok(schema, `${$ref} refers to nothing`);
    return { ...(resolved(schema) as Json), ...own };
  }

  function assertAnswers(status: number | undefined, value: unknown, method: string, path: string): void {
    const operation = document.paths[path]?.[method.toLowerCase()];
    const answer = operation?.responses[String(status)] ?? operation?.responses['default'];
    const schema = answer?.content?.['application/json']?.schema;
    if (value === undefined) assert.equal(schema, undefined, `${method} ${path} ${status}`);
    else assert.deepEqual(schemaMistakes(resolved(schema) as Json, value), [], `${method} ${path} ${status}`);
  }

  it('has every route that there is, and no other', async () => {
    const { routes } = (await askJson(control, 'GET', '/v1')).value as { routes: string[] };
    const described = operations.map(([method, path]) => `${method} ${path}`);
    assert.deepEqual(described.toSorted(), routes.toSorted());
  });

  it('is of OpenAPI 3.1, refers to what is there, and names each operation once', () => {
    assert.equal(document.openapi, '3.1.0');
    resolved(document.paths);
    resolved(document.components);
    const ids = operations.map(([, , { operationId }]) => operationId);
    assert.deepEqual(ids, [...new Set(ids)]);
  });

  it('declares every parameter of a path, once, as required', () => {
    for (const [method, path, { parameters = [], summary, responses }] of operations) {
      const declared = parameters.filter((each) => each.in === 'path');
      const places = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      assert.deepEqual(
        declared.map(({ name }) => name),
        places,
        `${method} ${path}`,
      );
      for (const parameter of parameters) {
        assert.equal(parameter.required, parameter.in === 'path');
        assert.ok(parameter.description.length > 0 && parameter.schema);
      }
      assert.match(summary, /^[A-Z].*\.$/);
      assert.ok(Object.keys(responses).some((status) => /^2\d\d$/.test(status)));
      assert.ok(responses['default']);
    }
  });

  it('is true of what every route answers', async () => {
    const socket = { listen: '/run/r/s', upstream: '/run/s', container: { id: 'c' } };
    const refused = { path: '/p', upstream: '/nothing/s', within: '/nothing' };
    const asked: [method: string, path: string, target: string, body?: unknown][] = [
      ['GET', '/v1', '/v1'],
      ['GET', '/v1/openapi.json', '/v1/openapi.json'],
      ['GET', '/v1/status', '/v1/status'],
      ['POST', '/v1/sockets', '/v1/sockets', socket],
      ['POST', '/v1/sockets', '/v1/sockets', socket],
      ['POST', '/v1/sockets', '/v1/sockets', {}],
      ['POST', '/v1/reload', '/v1/reload'],
      ['POST', '/v1/upgrade', '/v1/upgrade'],
      ['GET', '/v1/sockets', '/v1/sockets'],
      ['DELETE', '/v1/sockets/{name}', '/v1/sockets/s'],
      ['DELETE', '/v1/sockets/{name}', '/v1/sockets/s'],
      ['PUT', '/v1/containers/{id}', '/v1/containers/c', { sockets: [{ path: '/p', upstream: '@u' }] }],
      [
        'PUT',
        '/v1/containers/{id}',
        '/v1/containers/d',
        { sockets: [refused], annotations: { a: 'b' }, bundle: '/b' },
      ],
      ['PUT', '/v1/containers/{id}', '/v1/containers/d', {}],
      ['GET', '/v1/containers', '/v1/containers'],
      ['GET', '/v1/containers/{id}', '/v1/containers/d'],
      ['GET', '/v1/containers/{id}', '/v1/containers/none'],
      ['DELETE', '/v1/containers/{id}', '/v1/containers/c'],
      ['GET', '/v1/events', '/v1/events'],
      ['GET', '/v1/methods', '/v1/methods?limit=1'],
      ['GET', '/v1/methods', '/v1/methods?limit=0'],
      ['GET', '/v1/flows', '/v1/flows?by=container'],
      ['GET', '/v1/history', '/v1/history?by=socket'],
      ['GET', '/v1/history', '/v1/history?limit=17'],
      ['GET', '/v1/configuration', '/v1/configuration'],
    ];
    agent.counted.called('eth_call', { ms: 3 });
    agent.counted.called('SELECT', { convention: SQL, system: 'postgresql', namespace: 'shop' });
    agent.counted.relayed({ sendBytes: 1 });
    agent.seen = [container({ id: undefined, sockets: [peerSocket({ scope: undefined })] })];
    for (const [method, path, target, body] of asked) {
      const { status, value } = await askJson(control, method, target, body);
      assertAnswers(status, value, method, path);
    }
    const every = operations.map(([method, path]) => `${method} ${path}`).toSorted();
    assert.deepEqual([...new Set(asked.map(([method, path]) => `${method} ${path}`))].toSorted(), every);
  });

  it('has examples that are true of their schemas', () => {
    const examples = operations.flatMap(([method, path, { responses }]) =>
      Object.values(responses).flatMap(({ content }) =>
        Object.values(content ?? {}).flatMap(({ schema, example }) =>
          example === undefined ? [] : [{ where: `${method} ${path}`, schema, example }],
        ),
      ),
    );
    assert.ok(examples.length > 0);
    for (const { where, schema, example } of examples) {
      assert.deepEqual(schemaMistakes(resolved(schema) as Json, example), [], where);
    }
  });

  it('refuses much of what the routes refuse', () => {
    const schema = resolved(document.components.schemas['ContainerRequest']) as Json;
    const sockets = [{ path: '/p', upstream: '/u' }];
    assert.deepEqual(schemaMistakes(schema, { sockets }), []);
    for (const body of [
      [],
      { sockets: [{}] },
      { sockets: [{ path: 'p', upstream: '/u' }] },
      { sockets, bundle: 'b' },
      { sockets, other: 1 },
      { sockets, attributes: { a: 1 } },
    ]) {
      assert.notDeepEqual(schemaMistakes(schema, body), [], JSON.stringify(body));
    }
  });
});
