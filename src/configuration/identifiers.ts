/** `type` or `type/name`, as the Collector names components and pipelines. */
export interface Identifier {
  readonly type: string;
  readonly name: string | undefined;
}

const IDENTIFIER = /^([A-Za-z][A-Za-z0-9_]*)(?:\/([^\s\p{C}]+))?$/u;

/** The message for a malformed id. */
export const NOT_AN_IDENTIFIER =
  'is not an id; give a type, or type/name: letters, digits and _, then a name without spaces';

export function parseIdentifier(id: string): Identifier | undefined {
  const match = IDENTIFIER.exec(id);
  return match?.[1] === undefined ? undefined : { type: match[1], name: match[2] };
}
