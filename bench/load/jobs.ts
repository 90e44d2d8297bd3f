import type { Content } from './content.js';

/** The closed set of messages between the harness and the load generator. */

export interface Route {
  /** Where the clients connect: the relay's socket, or `servePath` itself when there is no relay. */
  connectPath: string;
  /** Where the servers accept. */
  servePath: string;
  /** The relay's process, undefined when there is none. */
  relayPid: number | undefined;
}

/** How a job is to be measured. */
export interface Conditions {
  warmUpMs: number;
  measureMs: number;
  /** The processors that relay and load generator are pinned to; anything else that runs there disturbs them. */
  cpus: readonly number[];
}

export interface EchoJob extends Route, Conditions {
  type: 'echo';
  content: Content;
  connections: number;
  messageBytes: number;
  /** Further connections, over which nothing ever goes. */
  silentConnections?: number;
}

/** Clients that connect, send one request, wait for the answer and close. */
export interface ChurnJob extends Route, Conditions {
  type: 'churn';
  /** How many do at a time. */
  connections: number;
  messageBytes: number;
}

export interface BulkJob extends Route, Conditions {
  type: 'bulk';
  connections: number;
  writeBytes: number;
}

export interface IdleJob extends Route {
  type: 'idle';
  connections: number;
}

export type Job = EchoJob | ChurnJob | BulkJob | IdleJob;

/** CPU time within the measured time. */
export interface Usage {
  elapsedMs: number;
  /** undefined when there is no relay. */
  relayCpuNs: number | undefined;
  loadCpuNs: number;
  /** CPU time that anything else used meanwhile. */
  othersCpuNs: number;
}

/** What went over the connections in their whole life, as the clients saw it. */
export interface Traffic {
  sentBytes: number;
  receivedBytes: number;
}

export interface EchoResult {
  type: 'echo';
  usage: Usage;
  traffic: Traffic;
  roundTrips: number;
  latencyP50Ns: number;
  latencyP99Ns: number;
}

export interface ChurnResult {
  type: 'churn';
  usage: Usage;
  traffic: Traffic;
  /** Connections that were opened, used and closed within the measured time. */
  connections: number;
}

export interface BulkResult {
  type: 'bulk';
  usage: Usage;
  traffic: Traffic;
  /** Bytes that reached the servers within the measured time. */
  bytes: number;
}

export interface IdleResult {
  type: 'idle';
  residentBytesBefore: number;
  residentBytesAfter: number;
}

export type JobResult = EchoResult | ChurnResult | BulkResult | IdleResult;

export type LoadReply = JobResult | { type: 'failed'; error: string };
