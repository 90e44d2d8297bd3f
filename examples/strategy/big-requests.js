/**
 * A capture strategy of your own: a plain ES module whose default export makes one.
 *
 *     processors:
 *       capture:
 *         strategy: module
 *         module: ./examples/strategy/big-requests.js     # from the folder of the configuration file
 *         options:
 *           threshold: 1024
 *         directions: [send, recv]
 *
 * This one is after large requests. It keeps a little of each small one, which is enough for its method and its
 * id, more of those above `threshold` bytes, and of what comes back only what is short: the errors.
 *
 * It runs on a thread of its own, for every message: the traffic never waits for it, and one that is slow only misses
 * messages. It sees sizes, never payload. One that throws, returns what it may not, or does not come to an end, is taken
 * out; the traffic goes on without it. A file that has changed is loaded again when the configuration is.
 *
 * @typedef {import('../../src/processors/capture/strategies/strategy.js').CaptureStrategy} CaptureStrategy
 */

/** From the container, as opposed to what it receives. */
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
 * @param {Readonly<Record<string, unknown>>} options those of the configuration. `threshold`: requests of more
 *   bytes are large; 1024 if left out.
 * @returns {CaptureStrategy}
 */
export default function bigRequests({ threshold = 1024 }) {
  if (typeof threshold !== 'number' || !(threshold >= 0)) {
    throw new TypeError(`options.threshold: ${threshold} is not a number of bytes`);
  }
  return {
    /**
     * How many leading bytes to keep: a whole number, Infinity for all, 0 for the mere fact, -1 to leave it out.
     *
     * @param {number} bytes its length as far as it has been received: of a message that is larger than what the
     *   relay reads at a time, that is its first part.
     * @param {0 | 1} direction 0: send, 1: recv.
     */
    keep(bytes, direction) {
      if (direction === SEND) return bytes > threshold ? LARGE_KEPT_BYTES : SMALL_KEPT_BYTES;
      return bytes > RESPONSE_BYTES_MAX ? SKIP : bytes;
    },
  };
}
