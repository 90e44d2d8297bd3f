import { printable } from './printable.js';

const MAX_SHOWN = 60;

/** Text in quotes on one line, cut to 60 characters. */
export function quote(text: string): string {
  const characters = [...text];
  const cut = characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : text;
  return printable(JSON.stringify(cut));
}
