import { printable } from '../../values/printable.js';
import { type Finding, STATES, type State } from './finding.js';

const WORDS: Readonly<Record<State, string>> = {
  problem: 'problem',
  warning: 'warning',
  unchecked: 'could not be checked',
  ok: 'ok',
};

const SUMS: Readonly<Record<State, { readonly one: string; readonly many: string }>> = {
  problem: { one: 'problem', many: 'problems' },
  warning: { one: 'warning', many: 'warnings' },
  unchecked: { one: 'not checked', many: 'not checked' },
  ok: { one: 'ok', many: 'ok' },
};

/** A line for each finding and its remedy, and one for how many there are. Texts may be from outside. */
export function describeFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, state, text, remedy }) => [
    `${WORDS[state]}: ${check}: ${printable(text)}`,
    ...(remedy === undefined ? [] : [`  remedy: ${printable(remedy)}`]),
  ]);
  const counts = STATES.map((state) => {
    const count = findings.filter((each) => each.state === state).length;
    return `${count} ${count === 1 ? SUMS[state].one : SUMS[state].many}`;
  });
  return `${[...lines, '', counts.join(', ')].join('\n')}\n`;
}
