import { printable } from '../../values/printable.js';
import { type Finding, STATES, type State } from './finding.js';

const WORDS: Readonly<Record<State, string>> = {
  problem: 'problem',
  warning: 'warning',
  unchecked: 'could not be checked',
  ok: 'ok',
};

/** A line for each finding and its remedy, and one for how many there are. Texts may be from outside. */
export function describeFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, state, text, remedy }) => [
    `${WORDS[state]}: ${check}: ${printable(text)}`,
    ...(remedy === undefined ? [] : [`  remedy: ${printable(remedy)}`]),
  ]);
  const counts = STATES.map((state) => [
    WORDS[state],
    findings.filter((each) => each.state === state).length,
  ]);
  const sum = counts.map(([word, count]) => `${word}: ${count}`).join(', ');
  return `${[...lines, '', sum].join('\n')}\n`;
}
