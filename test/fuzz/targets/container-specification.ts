import assert from 'node:assert/strict';
import { annotatedPaths, annotatedSockets } from '../../../src/runtime/annotated-sockets.js';
import { beforeRewriting } from '../../../src/runtime/before-rewriting.js';
import { PrepareError } from '../../../src/runtime/failure.js';
import { rewrite } from '../../../src/runtime/rewrite.js';
import { REWRITE_RECORD } from '../../../src/runtime/rewrite-record.js';
import { readSpecification, type Specification } from '../../../src/runtime/specification.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

const ANNOTATION = 'org.example.sockets';
const AGENT_DIRECTORY = '/run/udscope/private';

const MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid'] },
  { destination: '/run/docker.sock', type: 'bind', source: '/run/docker.sock', options: ['rbind', 'rw'] },
  { destination: '/var/run', type: 'bind', source: '/srv/run', options: ['bind'] },
];
const SPECIFICATION = {
  ociVersion: '1.2.0',
  process: { args: ['sh'], env: ['A=\u00e4\\"'], rlimits: [{ hard: 1e21, soft: 0.1 }] },
  annotations: { [ANNOTATION]: '/run/docker.sock,/var/run/x.sock', 'io.kubernetes.cri.container-name': 'c' },
  mounts: MOUNTS,
  linux: { namespaces: [{ type: 'mount' }] },
};
/** As one is that the wrapper has rewritten before. */
const REWRITTEN = rewritten(readSpecification(JSON.stringify(SPECIFICATION), 'config.json'));

/** config.json, as the wrapper of the runtime reads and rewrites it. */
export function containerSpecification(): TextTarget {
  return {
    samples: [JSON.stringify(SPECIFICATION), JSON.stringify(SPECIFICATION, null, '\t'), REWRITTEN],
    fragments: [
      ...[
        '{',
        '}',
        '[',
        ']',
        '"',
        ',',
        ':',
        '\\',
        '\\u0000',
        '\\ud800',
        '\0',
        'null',
        '1e999',
        '-',
        '{"a":',
        '[[',
        ' ',
      ],
      ...[
        '"mounts":[',
        '"Mounts":[',
        '"annotations":{',
        '"destination":"/"',
        '"source":"..",',
        '"options":[],',
      ],
      ...[
        '/../',
        '//',
        '"__proto__":',
        `"${REWRITE_RECORD}":"[]",`,
        '\u2028',
        '\u017f',
        '"type":"bind",',
        '/',
        'ro',
      ],
    ],
    check: (text) => inTime(text.length, () => check(text)),
  };
}

function check(text: string): void {
  let specification: Specification;
  try {
    specification = readSpecification(text, 'config.json');
  } catch (error) {
    if (error instanceof PrepareError) return;
    throw error;
  }
  const read = JSON.parse(text) as Record<string, unknown>;
  // A null prototype or not: only what is in it counts.
  assert.deepEqual({ ...specification.annotations }, { ...(read['annotations'] ?? {}) });
  const result = rewritten(specification);
  const after = JSON.parse(result) as Record<string, unknown>;
  for (const name of Object.keys(read)) {
    if (name !== 'mounts' && name !== 'annotations') assert.deepEqual(after[name], read[name], name);
  }
  const own = { ...(after['annotations'] ?? {}) } as Record<string, unknown>;
  for (const [name, value] of Object.entries(read['annotations'] ?? {}))
    if (name !== REWRITE_RECORD) assert.equal(own[name], value, name);
  // The wrapper reads what it has written, and what it does then leads to the same.
  assert.equal(rewritten(readSpecification(result, 'config.json')), result, 'rewritten twice');
}

function rewritten(specification: Specification): string {
  const before = beforeRewriting(specification, '/bundle');
  const mounts = before.mounts.map(({ mount }) => mount);
  const { sockets } = annotatedSockets(annotatedPaths(specification.annotations, ANNOTATION), mounts);
  const relays = sockets.map(({ path }, i) => ({ path, listen: `${AGENT_DIRECTORY}/c/${i}.sock` }));
  return rewrite(before, relays, { canAdd: true, agentDirectory: AGENT_DIRECTORY }).text;
}
