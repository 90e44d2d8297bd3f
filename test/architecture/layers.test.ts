import assert from 'node:assert/strict';
import { EXCEPTIONS } from './exceptions.js';
import { type ImportGraph, importGraph, isAmong } from './import-graph.js';

/** The rooms of the house. Each imports rooms further down only: not those beside it, and not those above. */
const LAYERS: readonly (readonly string[])[] = [
  ['src/cli/', 'src/index.ts'],
  ['src/monitor/', 'src/service/'],
  ['src/configuration/'],
  ['src/exporters/', 'src/extensions/', 'src/receivers/', 'src/runtime/'],
  ['src/processors/'],
  ['src/api/'],
  ['src/handover/', 'src/identity/'],
  ['src/protocols/', 'src/telemetry/'],
  ['src/http/', 'src/layout/', 'src/supervisor/'],
  [
    'src/assertions.ts',
    'src/async/',
    'src/shares/',
    'src/store/',
    'src/threads/',
    'src/values/',
    'src/version.ts',
  ],
  ['src/linux/'],
];

/** Kinds of components: one of a kind knows nothing of another. */
const COMPONENT = /^src\/(exporters|extensions|receivers)\/(\w+)\//;

/** Packages, and the rooms that know them, types included. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@opentelemetry/': [
    'src/exporters/',
    'src/index.ts',
    'src/monitor/',
    'src/processors/',
    'src/receivers/',
    'src/service/',
    'src/telemetry/',
  ],
  commander: ['src/cli/'],
  koffi: ['src/linux/'],
  'string-width': ['src/cli/'],
  preact: ['src/extensions/dashboard/page/'],
  uplot: ['src/extensions/dashboard/page/'],
  pino: [
    'src/cli/',
    'src/exporters/',
    'src/extensions/',
    'src/handover/',
    'src/processors/',
    'src/receivers/',
    'src/service/',
  ],
  'pino-pretty': ['src/service/'],
  yaml: ['src/configuration/', 'src/runtime/'],
  zod: [
    'src/api/',
    'src/cli/',
    'src/configuration/',
    'src/exporters/',
    'src/extensions/',
    'src/handover/',
    'src/monitor/',
    'src/processors/',
    'src/receivers/',
    'src/values/',
  ],
};

/** Rooms that others enter by one file only. */
const FACES: Readonly<Record<string, string>> = { 'src/receivers/uds/': 'src/receivers/uds/index.ts' };

/** What an import from one file to another may not be. `to` may be a package. */
interface Rule {
  readonly says: string;
  readonly forbids: (from: string, to: string) => boolean;
}

const ROOMS = LAYERS.flat();

const roomOf = (file: string) => ROOMS.find((room) => isAmong(file, [room]));
const layerOf = (file: string) => LAYERS.findIndex((rooms) => isAmong(file, rooms));
const isOurs = (target: string) => target.startsWith('src/');

const RULES: readonly Rule[] = [
  {
    says: 'import only what is further down',
    forbids: (from, to) => isOurs(to) && roomOf(from) !== roomOf(to) && layerOf(from) >= layerOf(to),
  },
  {
    says: 'are entered by their faces',
    forbids: (from, to) =>
      Object.entries(FACES).some(
        ([room, face]) => to.startsWith(room) && !from.startsWith(room) && to !== face,
      ),
  },
  {
    says: 'hold components that do not know others of their kind',
    forbids: (from, to) => {
      const [, kind, name] = COMPONENT.exec(from) ?? [];
      const [, otherKind, otherName] = COMPONENT.exec(to) ?? [];
      return kind !== undefined && kind === otherKind && name !== otherName;
    },
  },
  {
    says: 'know the packages that are theirs',
    forbids: (from, to) => {
      if (isOurs(to) || to.startsWith('node:')) return false;
      const rooms = Object.entries(PACKAGES).find(([name]) => isAmong(to, [name]))?.[1] ?? [];
      return !isAmong(from, rooms);
    },
  },
  {
    says: 'decode protocols without Node and without the rest of the house: bytes in, calls out',
    forbids: (from, to) => from.startsWith('src/protocols/') && !to.startsWith('src/protocols/'),
  },
];

/** What runs in a browser, which the agent serves as files. */
const PAGE = 'src/extensions/dashboard/page/';

describe('the rooms of the house', () => {
  let graph: ImportGraph;

  before(() => {
    graph = importGraph();
  });

  const importsAgainst = ({ forbids }: Rule) =>
    graph.filesOf('src/').flatMap((from) =>
      graph
        .importsOf(from)
        .filter(({ target }) => forbids(from, target))
        .map(({ target }) => `${from} imports ${target}`),
    );

  const circles = () => graph.circles('src/').map((files) => files.join(', '));

  function assertNone(found: readonly string[], what: string): void {
    if (found.length > 0) assert.fail(`${what}:\n${found.join('\n')}`);
  }

  it('are those of the table', () => {
    const files = graph.filesOf('src/');
    assertNone(
      files.filter((file) => roomOf(file) === undefined),
      'in no room',
    );
    for (const room of ROOMS)
      assert.ok(
        files.some((file) => isAmong(file, [room])),
        `nothing is in ${room}`,
      );
  });

  for (const rule of RULES) {
    it(rule.says, () => {
      const found = importsAgainst(rule).filter((each) => !EXCEPTIONS.imports.includes(each));
      assertNone(found, `rooms ${rule.says}; these do not`);
    });
  }

  it('are no part of the page of the dashboard, nor that of them', () => {
    const loaded = (from: string) => graph.importsOf(from).filter(({ isType }) => !isType);
    const agent = graph.filesOf('src/').filter((file) => !file.startsWith(PAGE));
    assertNone(
      agent.filter((file) => loaded(file).some(({ target }) => target.startsWith(PAGE))),
      'files of the agent that import a part of the page',
    );
    const page = graph.loadedWith(`${PAGE}main.tsx`);
    assert.ok(page.has(`${PAGE}app.tsx`), 'the page is not found');
    assertNone(
      [...page.keys()].filter((file) => file.startsWith('node:') || ['zod', 'pino', 'koffi'].includes(file)),
      'what a browser does not have',
    );
  });

  it('leave the kernel to src/linux, and so does everything beside them', () => {
    const others = ['bench/', 'examples/', 'test/'].flatMap((folder) => graph.filesOf(folder));
    assert.ok(others.length > 100, 'the rest of the project is not found');
    assertNone(
      others.filter((file) => graph.importsOf(file).some(({ target }) => target === 'koffi')),
      'files that import koffi',
    );
  });

  it('have no files that import each other in a circle, types included', () => {
    assertNone(
      circles().filter((each) => !EXCEPTIONS.circles.includes(each)),
      'circles',
    );
  });

  it('need the exceptions that are made', () => {
    const needed = [...RULES.flatMap(importsAgainst), ...circles()];
    const exceptions = [...EXCEPTIONS.imports, ...EXCEPTIONS.circles];
    assertNone(
      exceptions.filter((exception) => !needed.includes(exception)),
      'take them out of exceptions.ts',
    );
  });
});
