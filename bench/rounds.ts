import type { Bench } from './bench.js';
import type { Case, Sample, Subject } from './cases/case.js';

/** The samples of one subject, in the order of the rounds. */
export interface Series {
  name: string;
  samples: Sample[];
}

export interface CaseResult {
  case: Case;
  series: Series[];
}

/**
 * Measures a case: all subjects once a round, so that a slow phase of the machine hits all of them. Each round begins
 * with another subject, so that none always follows the same one.
 */
export async function runCase(one: Case, bench: Bench, rounds: number): Promise<CaseResult> {
  const subjects = await one.prepare(bench.of(one.contestants));
  const series = subjects.map(({ name }): Series => ({ name, samples: [] }));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < subjects.length; i++) {
      const index = (round + i) % subjects.length;
      series[index].samples.push(await measure(one, subjects[index]));
    }
  }
  for (const subject of subjects) await subject.stop();
  return { case: one, series };
}

async function measure(one: Case, subject: Subject): Promise<Sample> {
  try {
    return await subject.measure();
  } catch (error) {
    throw new Error(`${one.name}, ${subject.name}: ${(error as Error).message}`, { cause: error });
  }
}
