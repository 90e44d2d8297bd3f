/**
 * A capture strategy of your own: a plain ES module whose default export makes one.
 *
 *     processors:
 *       capture:
 *         strategy: module
 *         module: ./examples/strategy/big-requests.js     # from the folder of the configuration file
 *         options:
 *           threshold: 1024
 *
 * This one looks for large requests. It keeps the start of each small one, enough for its method and id, more of
 * requests above `threshold` bytes, and only the short responses: the errors.
 *
 * A strategy runs on a thread of its own, for every message. The traffic never waits for it; a slow strategy only
 * misses messages. It sees sizes, never payload. A strategy that throws, returns an invalid value or does not return is
 * taken out, and the traffic goes on without it. A changed file is loaded again when the configuration is reloaded.
 *
 * @typedef {import('../../src/processors/capture/strategies/strategy.js').CaptureStrategy} CaptureStrategy
 */

/** The direction of requests: from the container. */
const SEND = 0;

/** Leaves a message out. 0 would record that there was one. */
const SKIP = -1;

const SMALL_KEPT_BYTES = 256;
const LARGE_KEPT_BYTES = 4096;

/** Longer responses are left out. */
const RESPONSE_BYTES_MAX = 1024;

/**
 * Called once for each socket and relay thread.
 *
 * @param {Readonly<Record<string, unknown>>} options from the configuration. `threshold`: requests of more bytes are
 *   large; default 1024.
 * @returns {CaptureStrategy}
 */
export default function bigRequests({ threshold = 1024 }) {
  if (typeof threshold !== 'number' || !(threshold >= 0)) {
    throw new TypeError(`options.threshold: ${threshold} is not a number of bytes`);
  }
  return {
    /**
     * How many leading bytes to keep: a whole number, Infinity for all, 0 for a record without bytes, -1 for no record.
     *
     * @param {number} bytes the length received so far: of a message larger than one read of the relay, the first part.
     * @param {0 | 1} direction 0: send, 1: recv.
     */
    keep(bytes, direction) {
      if (direction === SEND) return bytes > threshold ? LARGE_KEPT_BYTES : SMALL_KEPT_BYTES;
      return bytes > RESPONSE_BYTES_MAX ? SKIP : bytes;
    },
  };
}
