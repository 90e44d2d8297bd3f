/** What follows a header block. */
export const NO_BODY = 0;
export const BODY_OF_LENGTH = 1;
export const CHUNKED_BODY = 2;
export const BODY_TO_THE_END = 3;
/** The connection carries another protocol from here on: an upgrade or a tunnel. */
export const TUNNEL = 4;
/** Nothing says where the body ends, although something must. */
export const UNKNOWN_BODY = 5;

export type BodyKind =
  | typeof NO_BODY
  | typeof BODY_OF_LENGTH
  | typeof CHUNKED_BODY
  | typeof BODY_TO_THE_END
  | typeof TUNNEL
  | typeof UNKNOWN_BODY;
