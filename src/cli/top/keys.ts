/** A key that was pressed: its name, or the character that it stands for. */
export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageup'
  | 'pagedown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'tab'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u'
  | 'ctrl-z'
  | { readonly text: string };

/** What terminals send: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-PC-Style-Function-Keys */
const SEQUENCES: ReadonlyMap<string, Key> = new Map<string, Key>([
  ...[...'[O'].flatMap((kind): [string, Key][] => [
    [`${kind}A`, 'up'],
    [`${kind}B`, 'down'],
    [`${kind}C`, 'right'],
    [`${kind}D`, 'left'],
    [`${kind}H`, 'home'],
    [`${kind}F`, 'end'],
  ]),
  ['[1~', 'home'],
  ['[7~', 'home'],
  ['[4~', 'end'],
  ['[8~', 'end'],
  ['[5~', 'pageup'],
  ['[6~', 'pagedown'],
]);

const CONTROLS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['\x03', 'ctrl-c'],
  ['\b', 'backspace'],
  ['\t', 'tab'],
  ['\n', 'enter'],
  ['\f', 'ctrl-l'],
  ['\r', 'enter'],
  ['\x15', 'ctrl-u'],
  ['\x1a', 'ctrl-z'],
  ['\x7f', 'backspace'],
]);

/** A sequence of a function key, ECMA-48, section 5.4, or one that may become one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one.
const SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one.
const UNFINISHED = /^\x1b(?:\[[0-?]*[ -/]*|O)?$/;

/** Longer than the sequence of any key. */
const MAX_SEQUENCE = 32;

/**
 * The keys in what a terminal has sent, and what may be the beginning of another: the escape key sends the character that all sequences
 * begin with. Sequences of other keys are left out.
 */
export function keysIn(text: string): { keys: Key[]; rest: string } {
  const keys: Key[] = [];
  let left = text;
  while (left !== '') {
    if (UNFINISHED.test(left) && left.length < MAX_SEQUENCE) return { keys, rest: left };
    const [sequence] = SEQUENCE.exec(left) ?? [];
    const [character = ''] = left;
    const key = sequence === undefined ? keyOf(character) : SEQUENCES.get(sequence.slice(1));
    if (key !== undefined) keys.push(key);
    left = left.slice((sequence ?? character).length);
  }
  return { keys, rest: '' };
}

/** What was not the beginning of anything when nothing has followed for a while. */
export function keysOfRest(rest: string): Key[] {
  return rest === '\x1b' ? ['escape'] : [];
}

function keyOf(character: string): Key | undefined {
  if (character === '\x1b') return 'escape';
  return CONTROLS.get(character) ?? (/\p{Cc}/u.test(character) ? undefined : { text: character });
}
