import { FlowTally } from './flow-tally.js';
import type { Visit } from './pass.js';
import type { Line, Subject } from './subject.js';

/** A container on a socket, with what it has counted. */
export interface TalliedFlow {
  /** Tells flows apart. */
  readonly key: string;
  readonly subject: Pick<Subject, 'container' | 'socket' | 'path' | 'groups'>;
  readonly tally: FlowTally;
}

/** Adds up what each container has counted on each socket. It stays with the lines: whoever asks, asks again soon. */
export class TallyPass {
  readonly #number: number;
  readonly met: TalliedFlow[] = [];

  /** `number`: that of no pass before. */
  constructor(number: number) {
    this.#number = number;
  }

  readonly visit: Visit = (series, kind, subject, ending) => {
    const tally = this.#meet(subject.groups.flow);
    if (kind === 'traffic') tally.addTraffic(series);
    else tally.addCalls(series, ending === 'errors');
  };

  #meet(line: Line): FlowTally {
    line.tally ??= new FlowTally();
    if (line.pass === this.#number) return line.tally;
    line.pass = this.#number;
    line.tally.reset();
    this.met.push(line as Line & TalliedFlow);
    return line.tally;
  }
}
