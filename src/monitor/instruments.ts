import { HEADER_WORDS } from '../processors/capture/ring/layout.js';
import { RING_INSTRUMENTS } from '../processors/enrich/instruments.js';
import { RECV_BYTES, RECV_OPS, SEND_BYTES, SEND_OPS, UDS_INSTRUMENTS } from '../receivers/uds/index.js';
import type { InstrumentGroup } from '../telemetry/instruments.js';

/** Width of a row of counters, in doubles. The columns are the first ones of a relay's row. */
export const ROW_WIDTH = 1 + Math.max(SEND_BYTES, RECV_BYTES, SEND_OPS, RECV_OPS);

/** The instruments of a relay that do not involve connections. */
export const MONITOR_INSTRUMENTS: InstrumentGroup = {
  width: ROW_WIDTH,
  instruments: pick(UDS_INSTRUMENTS, ['uds.send_bytes', 'uds.recv_bytes', 'uds.send_ops', 'uds.recv_ops']),
};

/** State of the ring, from its header. Each reader reports its own losses. */
export const MONITOR_HEALTH: InstrumentGroup = {
  width: HEADER_WORDS,
  instruments: pick(RING_INSTRUMENTS, ['udscope.ring.records', 'udscope.capture.bytes']),
};

function pick({ instruments }: InstrumentGroup, names: readonly string[]) {
  return instruments.filter(({ name }) => names.includes(name));
}
