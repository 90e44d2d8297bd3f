/** A part of a line of YAML. */
export interface Token {
  readonly kind: 'key' | 'value' | 'comment';
  readonly text: string;
}

/** A line of the agent's own YAML as it is to be coloured. The tokens are the whole line. */
export function tokensOf(line: string): Token[] {
  const at = commentStart(line);
  const [body, comment] = [line.slice(0, at), line.slice(at)];
  const [key] = /^[ -]*(?:"(?:[^"\\]|\\.)*"|[^\s"':#[{][^:#]*?)\s*:(?=\s|$)/.exec(body) ?? [];
  const tokens: Token[] = [
    { kind: 'key', text: key ?? '' },
    { kind: 'value', text: body.slice((key ?? '').length) },
    { kind: 'comment', text: comment },
  ];
  return tokens.filter(({ text }) => text !== '');
}

/** Where the comment begins: at a # behind a blank, outside of quotes. */
function commentStart(line: string): number {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quote === '"' && character === '\\') i++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if ((character === '"' || character === "'") && /[\s[{,:-]/.test(line[i - 1] ?? ' '))
      quote = character;
    else if (character === '#' && /\s/.test(line[i - 1] ?? ' ')) return i;
  }
  return line.length;
}
