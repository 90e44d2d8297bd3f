import * as z from 'zod';
import type { Path } from '../values/finding.js';
import { unwrap } from './schema-walk.js';
import { formatOrigin, isOfSecretVariable, isSecret, withoutCredentials } from './show.js';
import { find, type Scalar, type TreeNode } from './tree.js';

/** Where a value comes from: `otel-config.yaml:12`, `--set KEY`, a variable, or `default`. */
interface Sourced {
  readonly source: string;
}

export interface EffectiveScalar extends Sourced {
  readonly kind: 'scalar';
  /** In the place of a secret: SECRET, or as much of the text as may be shown. */
  readonly value: Scalar;
  readonly isHidden: boolean;
}

export interface EffectiveList extends Sourced {
  readonly kind: 'list';
  readonly items: readonly Effective[];
}

export interface EffectiveMap extends Sourced {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Effective>;
}

/** A part of a configuration with its defaults, and where each value comes from. */
export type Effective = EffectiveScalar | EffectiveList | EffectiveMap;

/** What stands for a value that must not be shown. */
export const SECRET = '***';

const DEFAULT = 'default';

export interface Written {
  /** What the user wrote, with what was filled in. */
  readonly root: TreeNode;
  /** Where a value is from that nobody wrote in a file; undefined: it is a default. */
  readonly variables: (path: Path) => string | undefined;
}

/** Fills the defaults of a schema into what was written, in the order of the schema's keys. */
export class EffectiveValues {
  readonly #written: Written;

  constructor(written: Written) {
    this.#written = written;
  }

  /** `value`: what the schema was given at `path`. */
  of(schema: z.core.$ZodType, value: unknown, path: Path): Effective {
    const given = value ?? prefaultOf(schema) ?? null;
    const inner = unwrap(schema);
    if (given === null) return this.plain(null, path);
    if (inner instanceof z.ZodObject) return this.#object(inner, given as Record<string, unknown>, path);
    if (inner instanceof z.ZodRecord) {
      const { valueType } = inner.def;
      return this.#map(path, given as object, (item, at) => this.of(valueType, item, at));
    }
    if (inner instanceof z.ZodArray && Array.isArray(given)) {
      const { element } = inner.def;
      return this.#list(path, given, (item, at) => this.of(element, item, at));
    }
    return this.plain(given, path);
  }

  /** A value that has no defaults in it. */
  plain(value: unknown, path: Path): Effective {
    if (Array.isArray(value)) return this.#list(path, value, (item, at) => this.plain(item, at));
    if (typeof value === 'object' && value !== null)
      return this.#map(path, value, (item, at) => this.plain(item, at));
    return this.#scalar(value as Scalar, path);
  }

  map(path: Path, entries: Iterable<readonly [string, Effective]>): EffectiveMap {
    return { kind: 'map', source: this.#sourceOf(path), entries: new Map(entries) };
  }

  #object(schema: z.ZodObject, given: Readonly<Record<string, unknown>>, path: Path): EffectiveMap {
    const entries = Object.entries<z.core.$ZodType>(schema.shape).flatMap(([key, inner]) => {
      const has = given[key] !== undefined || prefaultOf(inner) !== undefined;
      return has ? [[key, this.of(inner, given[key], [...path, key])] as const] : [];
    });
    return this.map(path, entries);
  }

  #map(path: Path, value: object, inner: (item: unknown, at: Path) => Effective): EffectiveMap {
    return this.map(
      path,
      Object.entries(value).map(([key, item]) => [key, inner(item, [...path, key])] as const),
    );
  }

  #list(path: Path, items: readonly unknown[], inner: (item: unknown, at: Path) => Effective): EffectiveList {
    return {
      kind: 'list',
      source: this.#sourceOf(path),
      items: items.map((item, i) => inner(item, [...path, i])),
    };
  }

  #scalar(value: Scalar, path: Path): EffectiveScalar {
    const source = this.#sourceOf(path);
    if (value === null) return { kind: 'scalar', value, source, isHidden: false };
    // Asked first: a value whose source is not found is called a default.
    if (this.#isSecret(path)) return { kind: 'scalar', value: SECRET, source, isHidden: true };
    const shown = typeof value === 'string' ? withoutCredentials(value) : value;
    return { kind: 'scalar', value: shown, source, isHidden: shown !== value };
  }

  /** What a secret was filled into as a whole is secret in all its parts. */
  #isSecret(path: Path): boolean {
    const nodes = [...path.keys(), path.length].flatMap(
      (length) => find(this.#written.root, path.slice(0, length)) ?? [],
    );
    return (
      isSecret(path) ||
      isOfSecretVariable(this.#written.root, path) ||
      nodes.some(({ isHidden }) => isHidden === true)
    );
  }

  #sourceOf(path: Path): string {
    const node = find(this.#written.root, path);
    if (node === undefined) return this.#written.variables(path) ?? DEFAULT;
    const names = (node.variables ?? []).map((name) => `\${env:${name}}`);
    return [formatOrigin(node.origin), ...names].join(', ');
  }
}

/** What a schema takes for a value that is not given, as it could be written; undefined: nothing. */
function prefaultOf(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return prefaultOf(schema.def.innerType);
  return undefined;
}
