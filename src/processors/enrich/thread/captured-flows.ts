import type { RecordFields } from '../../capture/ring/record.js';
import type { EnrichReport, GenerationSettings } from '../messages.js';
import { CallRecorder, type Outlets } from './call-recorder.js';
import { Endings } from './endings.js';
import type { RingReading } from './ring-reading.js';

/** Those that are read, by number. */
type Rings = ReadonlyMap<number, RingReading>;

interface Generation {
  readonly number: number;
  readonly settings: GenerationSettings;
  /** By flow. */
  readonly recorders: Map<number, CallRecorder>;
}

/** Everything of them is read, but the main thread has not taken all that was made of it. */
interface Leaving {
  readonly recorders: ReadonlySet<CallRecorder>;
  left(): void;
}

/**
 * The capture generations and flows that records are of.
 *
 *   main thread ── generation ──► here, before it has anything captured under it
 *   relay thread ── flow ──► main thread, before its first record; here with that record
 */
export class CapturedFlows {
  readonly #outlets: Outlets;
  readonly #report: (report: EnrichReport) => void;
  readonly #generations = new Map<number, Generation>();
  /** By flow. */
  readonly #recorders = new Map<number, Set<CallRecorder>>();
  /** Clients of flows that are others than their records tell. */
  readonly #clientWords = new Map<number, number>();
  readonly #endingGenerations = new Endings();
  readonly #endingFlows = new Endings();
  readonly #leaving = new Set<Leaving>();
  /** Flows that have ended, of which there are events. */
  readonly #remembered = new Set<number>();

  constructor(outlets: Outlets, report: (report: EnrichReport) => void) {
    this.#outlets = outlets;
    this.#report = report;
  }

  addGeneration(number: number, settings: GenerationSettings): void {
    this.#generations.set(number, { number, settings, recorders: new Map() });
  }

  hasGeneration(number: number): boolean {
    return this.#generations.has(number);
  }

  /** No more records of a generation come behind those that are in these rings now. */
  endGeneration(number: number, rings: Rings): void {
    this.#endingGenerations.add(number, rings.values());
  }

  /** The same of a flow. */
  endFlow(flow: number, rings: Rings): void {
    this.#endingFlows.add(flow, rings.values());
  }

  /** A flow is of another client than its records tell. */
  setClient(flow: number, clientWord: number): void {
    this.#clientWords.set(flow, clientWord);
    for (const recorder of this.#recorders.get(flow) ?? []) recorder.moveTo(clientWord);
  }

  /** What records the calls of a record's flow. */
  recorderOf({ capture, flow, client }: RecordFields, { clientWords }: RingReading): CallRecorder {
    const generation = this.#generations.get(capture);
    if (generation === undefined) throw new Error('a record of a capture generation that was not introduced');
    const known = generation.recorders.get(flow);
    if (known !== undefined) return known;
    const word = this.#clientWords.get(flow) ?? generation.settings.client ?? clientWords[client];
    const traffic = { generation: generation.number, flow };
    const recorder = new CallRecorder(traffic, generation.settings, word, this.#outlets);
    generation.recorders.set(flow, recorder);
    const recorders = this.#recorders.get(flow);
    if (recorders === undefined) this.#recorders.set(flow, new Set([recorder]));
    else recorders.add(recorder);
    return recorder;
  }

  /** The last event of a flow has been forgotten. */
  forgotten(flow: number): void {
    if (this.#remembered.delete(flow)) this.#report({ type: 'flow_forgotten', flow });
  }

  /** Lets go of those whose last record has been read. */
  forgetEnded(rings: Rings): void {
    for (const flow of this.#endingFlows.takeRead()) this.#leaveFlow(flow, rings);
    for (const number of this.#endingGenerations.takeRead()) this.#leaveGeneration(number, rings);
    for (const leaving of this.#leaving) {
      const { finished } = this.#outlets;
      const isHandedOver = [...leaving.recorders].every((each) =>
        finished.flushOwner(each, each.client.outgoing),
      );
      if (!isHandedOver) continue;
      this.#leaving.delete(leaving);
      for (const recorder of leaving.recorders) this.#end(recorder);
      leaving.left();
    }
  }

  #leaveFlow(flow: number, rings: Rings): void {
    this.#leave(this.#recorders.get(flow) ?? new Set(), rings, () => {
      this.#clientWords.delete(flow);
      const isRemembered = this.#outlets.events?.has(flow) === true;
      if (isRemembered) this.#remembered.add(flow);
      this.#report({ type: 'flow_ended', flow, isRemembered });
    });
  }

  #leaveGeneration(number: number, rings: Rings): void {
    this.#leave(new Set(this.#generations.get(number)?.recorders.values()), rings, () => {
      this.#generations.delete(number);
      this.#report({ type: 'generation_ended', generation: number });
    });
  }

  #leave(recorders: ReadonlySet<CallRecorder>, rings: Rings, left: () => void): void {
    if ([...recorders].some(({ conversations }) => conversations > 0)) {
      for (const { conversations: ofRing } of rings.values()) ofRing.abandonOf(recorders);
    }
    this.#leaving.add({ recorders, left });
  }

  /** It may have left with its flow and with its generation. */
  #end(recorder: CallRecorder): void {
    const { generation, flow } = recorder.traffic;
    const ofGeneration = this.#generations.get(generation)?.recorders;
    if (ofGeneration?.get(flow) !== recorder) return;
    ofGeneration.delete(flow);
    const ofFlow = this.#recorders.get(flow);
    ofFlow?.delete(recorder);
    if (ofFlow?.size === 0) this.#recorders.delete(flow);
    recorder.end();
  }
}
