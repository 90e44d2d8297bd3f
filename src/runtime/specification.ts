import type { ContainerMount } from '../api/containers/mount.js';
import { quote } from '../values/quote.js';
import type { Annotations } from './annotated-sockets.js';
import { PrepareError, shownPath } from './failure.js';
import {
  documentSpan,
  itemsOf,
  JsonTextError,
  type Member,
  membersOf,
  placeAt,
  type Span,
  valueAt,
} from './json-text.js';

/*
 * Reads annotations and mounts of an OCI runtime specification, and where they are in its text. The runtimes read it with
 * Go's encoding/json, or in C: of two members with one name some take the first and some the last, and Go takes
 * "Mounts" for "mounts". A specification that a runtime might read otherwise than this reader is refused.
 */

export interface SpecifiedMount extends ContainerMount {
  readonly span: Span;
  readonly sourceSpan: Span | undefined;
  readonly optionsSpan: Span | undefined;
}

export interface Specification {
  readonly text: string;
  readonly annotations: Annotations;
  /** The object of the annotations; undefined when there is none. */
  readonly annotationsSpan: Span | undefined;
  readonly mounts: readonly SpecifiedMount[];
  /** The list of the mounts; undefined when there is none. */
  readonly mountsSpan: Span | undefined;
}

/** The kernel lets a mount namespace have 100 000 (sysctl fs.mount-max); a container has some twenty. */
const MAX_MOUNTS = 4096;

/**
 * @param name of the text, for messages
 * @throws PrepareError when it is not JSON, or not a specification
 */
export function readSpecification(text: string, name: string): Specification {
  try {
    return new Reader(text, name).read();
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const place = placeAt(text, error.offset);
    throw new PrepareError(`${shownPath(name)} ${error.message} (${place})`, { cause: error });
  }
}

/** The span of an annotation's value, if there is such an annotation. */
export function annotationSpan({ text, annotationsSpan }: Specification, key: string): Span | undefined {
  const members = annotationsSpan === undefined ? [] : membersOf(text, annotationsSpan);
  return members.find((member) => member.key === key)?.value;
}

class Reader {
  readonly #text: string;
  readonly #name: string;

  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
  }

  read(): Specification {
    const root = documentSpan(this.#text);
    const members = this.#members(root, 'the specification');
    const annotationsSpan = this.#field(members, 'annotations');
    const mountsSpan = this.#field(members, 'mounts');
    return {
      text: this.#text,
      annotations: annotationsSpan === undefined ? {} : this.#annotations(annotationsSpan),
      annotationsSpan,
      mounts: mountsSpan === undefined ? [] : this.#mounts(mountsSpan),
      mountsSpan,
    };
  }

  #annotations(span: Span): Annotations {
    const entries = new Map<string, string>();
    for (const { key, value } of this.#members(span, 'annotations')) {
      if (entries.has(key)) throw this.#error(`has the annotation ${quote(key)} twice`);
      entries.set(key, this.#string(value, `the annotation ${quote(key)}`));
    }
    return Object.fromEntries(entries);
  }

  #mounts(span: Span): SpecifiedMount[] {
    const items = this.#items(span, 'mounts');
    if (items.length > MAX_MOUNTS) throw this.#error(`has more than ${MAX_MOUNTS} mounts`);
    return items.map((item, index) => this.#mount(item, `mounts[${index}]`));
  }

  #mount(span: Span, what: string): SpecifiedMount {
    const members = this.#members(span, what);
    const string = (name: string) => {
      const value = this.#field(members, name);
      return value === undefined ? undefined : this.#string(value, `${what}.${name}`);
    };
    const destination = string('destination');
    if (destination === undefined) throw this.#error(`has no destination in ${what}`);
    const optionsSpan = this.#field(members, 'options');
    const options = optionsSpan === undefined ? [] : this.#items(optionsSpan, `${what}.options`);
    return {
      destination,
      source: string('source'),
      type: string('type'),
      options: options.map((option) => this.#string(option, `${what}.options`)),
      span,
      sourceSpan: this.#field(members, 'source'),
      optionsSpan,
    };
  }

  /** The one member of a name; null is the same as none. */
  #field(members: readonly Member[], name: string): Span | undefined {
    const alike = members.filter(({ key }) => foldCase(key) === name);
    const [member] = alike;
    if (alike.length > 1) throw this.#error(`has ${quote(name)} more than once in one object`);
    if (member === undefined || this.#text.startsWith('null', member.value.start)) return undefined;
    if (member.key !== name) throw this.#error(`has ${quote(member.key)} where ${quote(name)} is meant`);
    return member.value;
  }

  #members(span: Span, what: string): Member[] {
    if (this.#text[span.start] !== '{') throw this.#error(`is no specification: ${what} is not an object`);
    return membersOf(this.#text, span);
  }

  #items(span: Span, what: string): Span[] {
    if (this.#text[span.start] !== '[') throw this.#error(`is no specification: ${what} is not a list`);
    return itemsOf(this.#text, span);
  }

  #string(span: Span, what: string): string {
    if (this.#text[span.start] !== '"') throw this.#error(`is no specification: ${what} is not a string`);
    return String(valueAt(this.#text, span));
  }

  #error(message: string): PrepareError {
    return new PrepareError(`${shownPath(this.#name)} ${message}`);
  }
}

/** As Go compares names. Upper case comes first: some letters beyond ASCII have their capitals in ASCII. */
function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase();
}
