import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Contestant, RelayCounts } from './contestant.js';
import { Running } from './process.js';

/** A relay of ours in a Node process of its own: `relays/NAME.ts`, which speaks RelayMessage. */
export type RelayMessage = { type: 'ready' } | { type: 'counts'; counts: RelayCounts };

function nodeRelay(name: string, file: string, ...args: string[]): Contestant {
  const script = fileURLToPath(new URL(`../relays/${file}.js`, import.meta.url));
  return {
    name,
    isOneProcess: true,
    missing: () => undefined,
    async start({ listenPath, upstreamPath }, { cpu }) {
      const running = new Running([execPath, script, listenPath, upstreamPath, ...args], cpu, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      const nextMessage = () => {
        const message = new Promise<RelayMessage>((resolve) => running.child.once('message', resolve));
        return Promise.race([message, running.failure()]);
      };
      await nextMessage();
      return {
        pid: running.pid,
        connectPath: listenPath,
        async counted() {
          running.child.send('counts');
          const message = await nextMessage();
          if (message.type !== 'counts') throw new Error(`${name} answered ${message.type}, not counts`);
          return message.counts;
        },
        stop: () => running.stop(),
      };
    },
  };
}

/** The product: its relay thread, under the receiver's defaults. */
export const udscope = nodeRelay('udscope', 'udscope');

/** The same with the observation that is the default: capture, decoding, clients; on one processor with all its threads. */
export const udscopeObserving = nodeRelay('udscope, observing', 'udscope-observed');

/** The same with `busy_poll: 20us`. */
export const udscopeBusy = nodeRelay('udscope, busy_poll', 'udscope', '20');

/** The same relay as it would be written with Node's own sockets. */
export const nodeNet = nodeRelay('node:net', 'node-net');
