// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what the tests are about.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { ConfigurationError } from '../../src/configuration/errors.js';
import { loadConfiguration } from '../../src/configuration/load.js';
import { runs } from '../support/runs.js';
import { CASES } from './support.js';

type Path = readonly (string | number)[];

const SECRET = 'hunter2-correct-horse';
const COMPLETE = readFileSync(`${CASES}/complete.yaml`, 'utf8');
const ENV = { A: '1', B: '[x, {y: z}]', C: '', D: `${SECRET}` };

/** Values that have tripped configuration code before, beside what fast-check makes up. */
const awkward = fc.constantFrom<unknown>(
  ...[
    null,
    '',
    ' ',
    0,
    -0,
    -1,
    1e308,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [],
    {},
    [[]],
    [null],
    '\0',
    '@',
  ],
  ...[
    '${',
    '${}',
    '${A}',
    '${B}',
    '${C}',
    '${NONE}',
    'x${A}',
    '$$',
    '${env:A:-${B}}',
    '\ud800',
    '\u202e',
    '0660',
  ],
  ...[
    'uds',
    'metrics',
    'headers',
    '__proto__',
    'constructor',
    '<<',
    { constructor: 1 },
    { headers: null },
    '5s',
    '4KB',
  ],
  JSON.parse('{"__proto__": {"headers": 1}}'),
);
const anything = fc.oneof(awkward, fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.double());

/** A header's value in every shape that YAML has for one. */
const secretValue = fc.oneof(
  fc.constantFrom<unknown>(
    SECRET,
    [SECRET],
    { [SECRET.toUpperCase()]: SECRET },
    `\${${SECRET}`,
    `\${env:${SECRET}!}`,
  ),
  fc.string().map((noise) => `${noise}${SECRET}`),
  fc.constant('${D}'),
);

describe('any configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'udscope-'));
  const file = join(folder, 'otel-config.yaml');
  after(() => rmSync(folder, { recursive: true }));

  /** What a user would see; throws what is not a ConfigurationError. */
  function outcome(text: string, sets: readonly string[] = []): string {
    writeFileSync(file, text);
    try {
      return loadConfiguration({ files: [file], sets, env: ENV }).warnings.join('\n');
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return [error.message, ...error.warnings].join('\n');
    }
  }

  it('is accepted or refused with a ConfigurationError, whatever value is put anywhere', () => {
    const complete: unknown = parse(COMPLETE);
    const place = fc.constantFrom(...pathsIn(complete));
    fc.assert(
      fc.property(fc.array(fc.tuple(place, anything), { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = changes.reduce(
          (value, [path, replacement]) => replaced(value, path, replacement),
          complete,
        );
        outcome(stringify(changed, { aliasDuplicateObjects: false }));
      }),
      { numRuns: runs(100) },
    );
  });

  it('is accepted or refused with a ConfigurationError, whatever is done to its text', () => {
    const cut = fc.tuple(
      fc.nat(COMPLETE.length),
      fc.nat(40),
      fc.oneof(fc.constantFrom(...'{}[]:-&*!|>"\'%@`#\t\n$'), fc.string()),
    );
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        outcome(
          cuts.reduce((text, [at, bytes, put]) => text.slice(0, at) + put + text.slice(at + bytes), COMPLETE),
        );
      }),
      { numRuns: runs(70) },
    );
  });

  it('is accepted or refused with a ConfigurationError, whatever is given to --set', () => {
    const keys = fc.constantFrom(...pathsIn(parse(COMPLETE)).map((path) => path.join('.')));
    const option = fc.oneof(
      fc.string(),
      fc.tuple(keys, fc.string()).map((parts) => parts.join('=')),
    );
    fc.assert(
      fc.property(fc.array(option, { minLength: 1, maxLength: 3 }), (sets) => {
        outcome(COMPLETE, sets);
      }),
      { numRuns: runs(70) },
    );
  });

  it('never has the value of a header shown', () => {
    const complete: unknown = parse(COMPLETE);
    const elsewhere = fc.constantFrom(...pathsIn(complete).filter((path) => !path.includes('headers')));
    const headers = ['exporters', 'otlp_http', 'headers'];
    const inHeaders = fc.constantFrom<Path>(headers, [...headers, 'authorization'], [...headers, 'x-tenant']);
    fc.assert(
      fc.property(inHeaders, secretValue, elsewhere, anything, (secretPath, secret, path, value) => {
        const changed = replaced(replaced(complete, path, value), secretPath, secret);
        const shown = outcome(stringify(changed, { aliasDuplicateObjects: false }));
        if (shown.includes(SECRET)) throw new Error(`shown: ${shown}`);
      }),
      { numRuns: runs(100) },
    );
  });
});

/** Every place in a value, the whole of it not included. */
function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const segment = Array.isArray(value) ? Number(key) : key;
    return [[segment], ...pathsIn(item).map((path) => [segment, ...path])];
  });
}

/** The value with something else at a path; unchanged where the path leads nowhere any more. */
function replaced(value: unknown, [segment, ...rest]: Path, replacement: unknown): unknown {
  if (segment === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) =>
      index === segment ? replaced(item, rest, replacement) : item,
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === segment ? replaced(item, rest, replacement) : item,
  ]);
  return Object.fromEntries(entries);
}
