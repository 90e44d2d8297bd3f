/** A strategy's module that does, at the first message, what its options say; and nothing is captured of its socket then. */
import { exit } from 'node:process';

export const FAULTS = {
  throws: () => {
    throw new Error('asked to fail');
  },
  exits: () => exit(0),
  loops: () => {
    for (;;);
  },
  grows: () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array(2 ** 17).fill(0.5));
  },
} as const;

export type Fault = keyof typeof FAULTS;

export default ({ fault }: { fault?: Fault }) => ({
  keep(bytes: number): number {
    if (fault !== undefined) FAULTS[fault]();
    return bytes;
  },
});
