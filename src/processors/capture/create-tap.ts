import { RECV, SEND } from '../../protocols/direction.js';
import { OperationFramer } from '../../protocols/framing/operation-framer.js';
import { JsonRpcFramer } from '../../protocols/jsonrpc/framer.js';
import type { RecordWriter } from './ring/record-writer.js';
import type { CaptureSettings } from './strategies/settings.js';
import { type CompleteStrategy, SKIP } from './strategies/strategy.js';
import { Tap } from './tap.js';
import type { TapState } from './tap-state.js';

/** A tap that captures as `settings` say, by their strategy. */
export function createTap(
  writer: RecordWriter,
  state: TapState,
  settings: CaptureSettings,
  strategy: CompleteStrategy,
): Tap {
  return new Tap(writer, state, {
    strategy,
    createFramer: needsUnits(settings) ? () => new JsonRpcFramer(state.meter) : () => new OperationFramer(),
    directions: settings.directions.map((direction) => (direction === 'send' ? SEND : RECV)),
    tailBytes: settings.tailBytes,
    plainLimit: settings.strategy.type === 'size_limit' ? settings.strategy.maxBytes : SKIP,
  });
}

/** Who keeps everything need not know where messages begin. */
function needsUnits({ per, strategy }: CaptureSettings): boolean {
  return per === 'message' && !(strategy.type === 'size_limit' && strategy.maxBytes === Infinity);
}
