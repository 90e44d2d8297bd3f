import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import { CompetingFramers } from '../../protocols/framing/competing-framers.js';
import type { Framer } from '../../protocols/framing/framer.js';
import { OperationFramer } from '../../protocols/framing/operation-framer.js';
import { distinctFramings, type ProtocolFraming } from '../../protocols/framing/protocol-framing.js';
import type { RecordWriter } from './ring/record-writer.js';
import type { CaptureSettings } from './strategies/settings.js';
import { type CompleteStrategy, SKIP } from './strategies/strategy.js';
import { Tap } from './tap.js';
import type { TapState } from './tap-state.js';

/** A tap that captures as `settings` say, by their strategy. `framings`: those that settings name. */
export function createTap(
  writer: RecordWriter,
  state: TapState,
  settings: CaptureSettings,
  strategy: CompleteStrategy,
  framings: Readonly<Record<string, ProtocolFraming>>,
): Tap {
  return new Tap(writer, state, {
    strategy,
    createFramer: needsUnits(settings) ? framerOf(settings, framings, state) : () => new OperationFramer(),
    directions: settings.directions.map((direction) => (direction === 'send' ? SEND : RECV)),
    tailBytes: settings.tailBytes,
    plainLimit: settings.strategy.type === 'size_limit' ? settings.strategy.maxBytes : SKIP,
  });
}

function framerOf(
  { protocols }: CaptureSettings,
  framings: Readonly<Record<string, ProtocolFraming>>,
  { meter }: TapState,
): (direction: Direction) => Framer {
  const tried = distinctFramings(protocols.map((name) => framings[name]));
  if (tried.length === 1) return (direction) => tried[0].createFramer(direction, meter);
  return (direction) => new CompetingFramers(tried, direction, meter);
}

/** Where everything is kept, it does not matter where messages begin. */
function needsUnits({ per, strategy }: CaptureSettings): boolean {
  return per === 'message' && !(strategy.type === 'size_limit' && strategy.maxBytes === Infinity);
}
