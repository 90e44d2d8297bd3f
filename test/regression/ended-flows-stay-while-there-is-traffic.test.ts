import assert from 'node:assert/strict';
import { HAS_HEAD } from '../../src/processors/capture/ring/record.js';
import type { EnrichCommand, EnrichReport } from '../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../src/processors/enrich/thread/enrich-loop.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import { Ring } from '../processors/capture/ring/fixture.js';
import { generationSettings } from '../processors/enrich/support/messages.js';
import { threadData } from '../processors/enrich/support/thread-data.js';

const GENERATION = 0;
const ENDED = 1;
const BUSY = 2;

const TURNS_MAX = 100;

describe('a flow that has ended, when others leave the enrich thread no pause', () => {
  it('is forgotten once its own records are read', () => {
    const ring = new Ring({ entries: 64, maxBytes: 64 * 1024 });
    const write = (flow: number) => {
      ring.writer.begin(0, 0);
      ring.writer.publish(GENERATION, flow, flow, 0, 0, HAS_HEAD, 0, 1);
    };
    const commands: EnrichCommand[] = [
      { type: 'ring', ring: 0, memory: ring.memory, clientWords: new SharedArrayBuffer(4) },
      { type: 'generation', generation: GENERATION, settings: generationSettings() },
      { type: 'end_flow', flow: ENDED },
    ];
    write(ENDED);
    let turns = 0;
    let hasEnded = false;
    let isLeaving = false;
    const io = {
      report: (report: EnrichReport) => {
        if (report.type === 'flow_ended') hasEnded = report.flow === ENDED;
      },
      receive: (): EnrichCommand | undefined => {
        const command = commands.shift();
        if (command !== undefined || isLeaving) return command;
        if (hasEnded || ++turns === TURNS_MAX) {
          isLeaving = true;
          return { type: 'exit' };
        }
        // Something to read for this turn as well.
        write(BUSY);
        return undefined;
      },
    };
    new EnrichLoop(threadData(), io, PROTOCOLS).run();
    assert.ok(turns < TURNS_MAX, 'it is still there when the thread is told to leave');
  });
});
