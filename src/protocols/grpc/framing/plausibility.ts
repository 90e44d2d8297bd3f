import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameHeader,
  GOAWAY,
  HAS_PRIORITY,
  HEADERS,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame-header.js';

const ACK = 0x1;
const SETTING_BYTES = 6;
/** Programs begin with a few settings, … */
export const OPENING_LENGTH_MAX = 64 * SETTING_BYTES;
/** … and those that agree on longer frames than 16 KiB do not go beyond that. */
export const LENGTH_MAX = 2 ** 20;

/** Lengths that frames have; of types that are not listed, any. */
const LENGTHS: readonly (number | undefined)[] = [
  ...[undefined, undefined, 5, 4, undefined, undefined, 8, undefined, 4],
];

/** By type: flags that there are. */
const FLAGS: number[] = [];
FLAGS[DATA] = END_STREAM | PADDED;
FLAGS[HEADERS] = END_STREAM | END_HEADERS | PADDED | HAS_PRIORITY;
FLAGS[PRIORITY] = FLAGS[RST_STREAM] = FLAGS[GOAWAY] = FLAGS[WINDOW_UPDATE] = 0;
FLAGS[SETTINGS] = FLAGS[PING] = ACK;
FLAGS[PUSH_PROMISE] = END_HEADERS | PADDED;
FLAGS[CONTINUATION] = END_HEADERS;

/** Whether the rules of RFC 9113 allow a frame: what breaks them ends the connection. Types that are not known may be anything. */
export function isAllowed({ length, type, stream }: FrameHeader): boolean {
  if (type > CONTINUATION || type === WINDOW_UPDATE)
    return type !== WINDOW_UPDATE || length === LENGTHS[type];
  const isOfConnection = type === SETTINGS || type === PING || type === GOAWAY;
  if ((stream === 0) !== isOfConnection) return false;
  if (type === SETTINGS) return length % SETTING_BYTES === 0;
  return LENGTHS[type] === undefined || length === LENGTHS[type];
}

/** Whether a frame looks like one where nothing else tells that it is. */
export function isLikely(header: FrameHeader): boolean {
  const { length, type, flags } = header;
  return type <= CONTINUATION && (flags & ~FLAGS[type]) === 0 && length <= LENGTH_MAX && isAllowed(header);
}

/** Whether a server may begin with it: its settings. */
export function isOpening({ length, type, flags, stream }: FrameHeader): boolean {
  return (
    length % SETTING_BYTES === 0 &&
    length <= OPENING_LENGTH_MAX &&
    type === SETTINGS &&
    flags === 0 &&
    stream === 0
  );
}
