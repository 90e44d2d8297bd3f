import type { Kind } from './conversations/plan.js';
import type { Disturbance } from './disturb.js';
import { type ConversingSettings, conversing } from './parts/conversing.js';
import { hostility } from './parts/hostility.js';
import { killing } from './parts/killing.js';
import type { PartReport } from './report.js';

export interface CampaignSettings {
  readonly seed: number;
  /** In all. */
  readonly seconds: number;
  /** Conversations of each type in each part. */
  readonly connections: number;
  /** Of sockets. */
  readonly types: readonly Kind[];
  /** Of hostile clients. */
  readonly kinds: readonly string[];
  /** Relay threads beside hostile clients. */
  readonly threads: number;
}

export interface Part {
  readonly name: string;
  run(): Promise<readonly PartReport[]>;
}

const AT_A_TIME = 64;
const KILLING_SECONDS_A_ROUND = 3;

/** What may happen to an agent that nobody restarts. */
const DISTURBANCES: readonly Disturbance[] = ['reload', 'killed upstream', 'killed clients'];

/** Parts of a campaign, by their share of its seconds: the rest goes by with starting, settling and stopping. */
export function planParts({
  seed,
  seconds,
  connections,
  types,
  kinds,
  threads,
}: CampaignSettings): readonly Part[] {
  const talk = (name: string, share: number, own: Partial<ConversingSettings> = {}): Part => ({
    name,
    run: async () => {
      const all = { seed: seed + seedOf(name), kinds: types, connections, atATime: AT_A_TIME };
      return [await conversing(name, { ...all, descriptors: true, seconds: seconds * share, ...own })];
    },
  });
  return [
    talk('left alone', 0.1),
    talk('counted alike', 0.1, { polite: true, disturbances: ['reload'] }),
    talk('disturbed', 0.12, { disturbances: DISTURBANCES }),
    talk('restarted', 0.12, {
      isSupervised: true,
      disturbances: ['killed agent', 'killed agent', ...DISTURBANCES],
      lastDisturbance: 'killed supervisor',
    }),
    talk('upgraded', 0.08, { isSupervised: true, disturbances: ['upgrade'] }),
    talk('failing threads', 0.08, {
      disturbances: ['failed relay thread', 'failed enrich thread', 'failed strategy'],
    }),
    // With so few, a message may have more descriptors than the process has room for, and loses the rest (counted). And of 200
    // senders of datagrams some are not answered: the relay needs a socket for each that is.
    talk('short of descriptors', 0.08, { limit: 'ulimit -n 160', atATime: 200, descriptors: false }),
    {
      name: 'killed in the midst',
      run: async () => [
        await killing({ seed, rounds: Math.max(2, Math.round((seconds * 0.1) / KILLING_SECONDS_A_ROUND)) }),
      ],
    },
    {
      name: 'hostility',
      run: () => {
        return hostility({ seconds: (seconds * 0.2) / Math.max(1, kinds.length), kinds, threads });
      },
    },
  ];
}

/** Each part has conversations of its own, the same whichever others run. */
function seedOf(name: string): number {
  return [...name].reduce((sum, character) => Math.imul(sum, 31) + character.charCodeAt(0), 7);
}
