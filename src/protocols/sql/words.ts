import { lowerCase } from '../framing/bytes.js';

/** What a word of SQL means for the summary of a statement; UNKNOWN is any other, which may be a name. */
export const UNKNOWN = 0;
/** Verbs: what may stand first in a statement. */
export const SELECT = 1;
export const INSERT = 2;
export const UPDATE = 3;
export const DELETE = 4;
export const MERGE = 5;
/** A list of names follows, and nothing more to be shown. */
export const LISTED = 6;
/** The kind of an object follows, and its name. */
export const OF_OBJECT = 7;
/** A statement follows, sooner or later. */
export const PREFIX = 8;
export const WITH = 9;
/** INTO and a name follow. */
export const LOAD = 10;
/** Nothing to be shown follows. */
export const ALONE = 11;
/** A verb, too. */
export const TABLE = 12;
/** Kinds of objects. Behind the name of a ROUTINE may stand any text, and those of ACCOUNTs are people's. */
export const RELATION = 20;
export const INDEX = 21;
export const ROUTINE = 22;
export const ACCOUNT = 23;
/** Others. */
export const FROM = 30;
export const JOIN = 31;
export const USING = 32;
export const SET = 33;
export const INTO = 34;
export const ON = 35;
export const AS = 36;
export const DISTINCT = 37;
/** Nothing that stands behind it is a table, as far as commas go. */
export const END_OF_NAMES = 38;
/** Stands between a verb and its name. */
export const NOISE = 39;

const VERB_MAX = TABLE;

/** PostgreSQL's and MySQL's; a word that is a verb, too, has that first. */
const WORDS: readonly (readonly [number, string])[] = [
  [SELECT, 'select'],
  [INSERT, 'insert replace'],
  [UPDATE, 'update'],
  [DELETE, 'delete'],
  [MERGE, 'merge'],
  [
    LISTED,
    'analyze call check checksum cluster copy desc describe execute handler lock optimize refresh reindex',
  ],
  [LISTED, 'repair truncate use vacuum'],
  [OF_OBJECT, 'alter create drop rename'],
  [PREFIX, 'declare explain prepare'],
  [WITH, 'with'],
  [LOAD, 'load'],
  [
    ALONE,
    'abort backup begin binlog cache change checkpoint close comment commit deallocate discard do end fetch',
  ],
  [
    ALONE,
    'flush get grant help import install kill listen move notify purge reassign release reset resignal',
  ],
  [ALONE, 'revoke rollback savepoint security show shutdown signal start stop uninstall unlisten unlock xa'],
  // What replicas and backups of PostgreSQL ask.
  [ALONE, 'alter_replication_slot base_backup create_replication_slot drop_replication_slot identify_system'],
  [ALONE, 'read_replication_slot start_replication timeline_history upload_manifest'],
  [TABLE, 'table'],
  [INDEX, 'index'],
  [RELATION, 'database schema sequence view'],
  [ROUTINE, 'aggregate collation conversion domain event extension function operator package procedure rule'],
  [ROUTINE, 'statistics tablespace trigger type'],
  [ACCOUNT, 'policy publication role server subscription system user'],
  [FROM, 'from'],
  [JOIN, 'join straight_join'],
  [USING, 'using'],
  [SET, 'set'],
  [INTO, 'into'],
  [ON, 'on'],
  [AS, 'as'],
  [DISTINCT, 'distinct'],
  [END_OF_NAMES, 'except for group having intersect limit offset order returning union values when where'],
  [END_OF_NAMES, 'window'],
  [NOISE, 'concurrently delayed exists freeze full high_priority if ignore lateral local low_priority'],
  [NOISE, 'materialized no_write_to_binlog not only quick tables verbose'],
];

const LENGTH_MAX = 23;
/** A power of two, some times the number of words. */
const SLOTS = 1024;
const MULTIPLIER = 31;

const slots = new Int32Array(SLOTS);
const words: { readonly text: string; readonly meaning: number }[] = [{ text: '', meaning: UNKNOWN }];

for (const [meaning, texts] of WORDS) {
  for (const text of texts.split(' ')) {
    if (words.some((word) => word.text === text)) continue;
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    let slot = slotOf(bytes, 0, bytes.length);
    while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    slots[slot] = words.push({ text, meaning }) - 1;
  }
}

const meanings: ReadonlyMap<string, number> = new Map(words.map(({ text, meaning }) => [text, meaning]));

/** What the word in bytes[from, to) means, whatever its case. */
export function meaningOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > LENGTH_MAX) return UNKNOWN;
  for (let slot = slotOf(bytes, from, to); slots[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
    const { text, meaning } = words[slots[slot]];
    if (isWord(text, bytes, from, to)) return meaning;
  }
  return UNKNOWN;
}

/** The same of a word as text. */
export function meaningOfText(word: string): number {
  return meanings.get(word.toLowerCase()) ?? UNKNOWN;
}

export function isVerb(meaning: number): boolean {
  return meaning > UNKNOWN && meaning <= VERB_MAX;
}

/** Whether it changes rows; such an operation may be part of another. */
export function isOfData(meaning: number): boolean {
  return meaning >= INSERT && meaning <= MERGE;
}

/** Whether it is the kind of an object of CREATE, ALTER, DROP or RENAME. */
export function isObject(meaning: number): boolean {
  return meaning === TABLE || (meaning >= RELATION && meaning <= ACCOUNT);
}

/** Whether the name of what the verb is applied to follows it. */
export function hasNameNext(verb: number): boolean {
  return verb === LISTED || verb === TABLE || (isOfData(verb) && verb !== DELETE);
}

/** Whether the word is a name where one is expected. Most words of SQL can be. */
export function mayBeName(meaning: number, verb: number): boolean {
  if (meaning === UNKNOWN) return true;
  // TRUNCATE TABLE, REFRESH MATERIALIZED VIEW
  if (meaning === TABLE || meaning <= DELETE || meaning >= FROM) return false;
  return !(verb === LISTED && isObject(meaning));
}

function slotOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, MULTIPLIER) + lowerCase(bytes[i])) | 0;
  return (hash ^ (hash >>> 10)) & (SLOTS - 1);
}

function isWord(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== lowerCase(bytes[from + i])) return false;
  return true;
}
