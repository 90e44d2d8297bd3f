import { randomNumbers } from '../../support/pattern.js';
import { CONTENT_PERIOD } from './content.js';

/** Kinds of sockets: streams of bytes, connections of messages, datagrams. */
export const KINDS = ['stream', 'seqpacket', 'dgram'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * How an end behaves. `listens`: sends, shuts down its sending side, and reads to the last. `closes`: sends, and closes
 * whatever is coming. `stalls`: as `listens`, but reads nothing for a while. `deaf`: shuts down its receiving side
 * first. `vanishes`: closes in the middle of what it sends.
 */
export type Manner = 'listens' | 'closes' | 'stalls' | 'deaf' | 'vanishes';

type Shares<T> = readonly (readonly [T, number])[];

const MANNERS: Shares<Manner> = [
  ['listens', 0.5],
  ['closes', 0.15],
  ['stalls', 0.15],
  ['deaf', 0.1],
  ['vanishes', 0.1],
];
const POLITE_MANNERS: Shares<Manner> = [
  ['listens', 0.9],
  ['stalls', 0.1],
];

/** Of a hundred streams, most are short, some fill every buffer on the way several times over. */
const STREAM_BYTES: Shares<number> = [
  [0, 0.1],
  [200, 0.35],
  [8_000, 0.37],
  [80_000, 0.16],
  [1_500_000, 0.02],
];
const MESSAGES: Shares<number> = [
  [0, 0.1],
  [3, 0.45],
  [20, 0.35],
  [120, 0.1],
];
/** Some are empty, and some are longer than a small buffer of the relay's. */
const MESSAGE_BYTES: Shares<number> = [
  [0, 0.08],
  [64, 0.42],
  [4_000, 0.35],
  [30_000, 0.12],
  [150_000, 0.03],
];

/** SO_SNDBUF so small that nearly every send is taken in part, or not at all; messages must fit into it. */
const TINY_SEND_BUFFER = 2_304;
const TINY_MESSAGE_BYTES = 1_500;
const TINY_SHARE = 0.1;
const STALL_MS_MAX = 150;

/** Of clients that send datagrams. */
const NAMED_SHARE = 0.7;

/** Descriptors that are sent together. A message takes up to 253 of them (SCM_MAX_FD). */
const GROUP_SIZES: Shares<number> = [
  [1, 0.6],
  [4, 0.3],
  [40, 0.09],
  [253, 0.01],
];
/** One of so many groups of a client has its own end of the connection with it. */
const OWN_END_EACH = 8;
const GROUPS: Shares<number> = [
  [0, 0.75],
  [1, 0.15],
  [4, 0.1],
];

/** Descriptors that are sent with a byte of a stream, or with a message. */
export interface Group {
  /** The byte's offset, or the message's index. */
  readonly at: number;
  /** The first of its tokens; those after it follow. */
  readonly first: number;
  readonly count: number;
  /**
   * Whether the last of them is the sender's own end of the connection, and no token. Only clients send it: with both ends in messages
   * that wait, a connection lasts as long as the relay (decision 0043).
   */
  readonly hasOwnEnd?: boolean;
}

/** What one end does. */
export interface EndPlan {
  readonly manner: Manner;
  /** Bytes that it sends, unless its sending side is closed before. */
  readonly bytes: number;
  /** Sizes of the messages that it sends; of a stream there are none. */
  readonly messages: readonly number[] | undefined;
  readonly groups: readonly Group[];
  readonly stallMs: number;
  /** Whether it can be answered: a socket for datagrams need not have a name. */
  readonly hasName: boolean;
  /** SO_SNDBUF; 0: as the kernel has it. */
  readonly sendBuffer: number;
  /** Where in the content it begins. */
  readonly phase: number;
  readonly chunkSeed: number;
}

export interface Plan {
  readonly client: EndPlan;
  readonly server: EndPlan;
}

export interface PlanSettings {
  readonly kind: Kind;
  readonly seed: number;
  /** Whether descriptors are sent. */
  readonly descriptors: boolean;
  /** Whether both ends hear all, so that both have counted the same in the end. */
  readonly polite: boolean;
}

/** The same conversation for the same seed and number, in whatever process. */
export function planOf(settings: PlanSettings, number: number): Plan {
  const random = randomNumbers(Math.imul(settings.seed, 0x9e37_79b1) ^ Math.imul(number + 1, 0x85eb_ca6b));
  const client = endOf(settings, random, settings.kind === 'dgram' ? 1 : 0);
  const server = endOf(settings, random, 0);
  if (!client.hasName) return { client, server: { ...server, bytes: 0, messages: [], groups: [] } };
  // In the queue of a server that never reads it would stay open, and the server wait for it to take more.
  const sendsItself = settings.kind !== 'dgram' && server.manner !== 'deaf';
  return { client: sendsItself ? sendingItself(client) : client, server };
}

function sendingItself(client: EndPlan): EndPlan {
  const groups = client.groups.map((group) => ({ ...group, hasOwnEnd: group.first % OWN_END_EACH === 0 }));
  return { ...client, groups };
}

/** Whether it reads to the last: it must then have got all that was sent to it. */
export function hearsAll({ manner }: EndPlan): boolean {
  return manner === 'listens' || manner === 'stalls';
}

function endOf(
  { kind, descriptors, polite }: PlanSettings,
  random: () => number,
  messagesMin: number,
): EndPlan {
  const manner = pick(polite ? POLITE_MANNERS : MANNERS, random());
  const sendBuffer = random() < TINY_SHARE ? TINY_SEND_BUFFER : 0;
  const messages = kind === 'stream' ? undefined : messagesOf(sendBuffer !== 0, messagesMin, random);
  const planned = messages?.length ?? Math.floor(random() * pick(STREAM_BYTES, random()));
  const length = manner === 'vanishes' ? Math.max(messagesMin, Math.floor(random() * planned)) : planned;
  const sent = messages?.slice(0, length);
  return {
    manner,
    bytes: sent?.reduce((sum, bytes) => sum + bytes, 0) ?? length,
    messages: sent,
    groups: descriptors ? groupsOf(length, random) : [],
    stallMs: manner === 'stalls' ? random() * STALL_MS_MAX : 0,
    hasName: kind !== 'dgram' || random() < NAMED_SHARE,
    sendBuffer,
    phase: Math.floor(random() * CONTENT_PERIOD),
    chunkSeed: Math.floor(random() * 2 ** 31),
  };
}

function messagesOf(isTiny: boolean, least: number, random: () => number): number[] {
  const count = least + Math.floor(random() * (pick(MESSAGES, random()) + 1));
  return Array.from({ length: count }, () => {
    const bytes = Math.floor(random() * (pick(MESSAGE_BYTES, random()) + 1));
    return isTiny ? Math.min(bytes, TINY_MESSAGE_BYTES) : bytes;
  });
}

/** In order, no two at the same place. */
function groupsOf(length: number, random: () => number): Group[] {
  const places = new Set<number>();
  for (let left = length === 0 ? 0 : pick(GROUPS, random()); left > 0; left--)
    places.add(Math.floor(random() * length));
  return [...places]
    .sort((a, b) => a - b)
    .map((at) => ({
      at,
      first: Math.floor(random() * 2 ** 31),
      count: 1 + Math.floor(random() * pick(GROUP_SIZES, random())),
    }));
}

/** The value whose share of 1 `at` falls into. */
function pick<T>(shares: Shares<T>, at: number): T {
  let end = 0;
  for (const [value, share] of shares) {
    end += share;
    if (at < end) return value;
  }
  return shares[shares.length - 1][0];
}
