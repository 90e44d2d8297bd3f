/*
 * How the runtime wrapper tells the agent of containers that are not monitored: a file for each, in a directory beside the control
 * socket. It is there whether or not an agent runs, and the agent counts each file once, when it removes it. The wrapper
 * reads this too: nothing is imported, which would take it time.
 */

/** Why a container is not monitored, as values of `reason`. */
export const UNMONITORED_REASONS = [
  /** Nobody serves the control socket, or somebody who is not believed. */
  'agent_unavailable',
  /** The agent has not answered within the deadline. */
  'agent_timeout',
  /** The agent relays no socket for it, or not all of them. */
  'agent_refused',
  /** The annotation names what cannot be monitored: no socket, nothing that is mounted. */
  'annotation',
  /** The configuration of the wrapper has a mistake. */
  'configuration',
  /** The specification cannot be read, or not be changed. */
  'specification',
  /** The wrapper has found no Node.js to run. */
  'no_node',
  '_OTHER',
] as const;

export type UnmonitoredReason = (typeof UNMONITORED_REASONS)[number];

/** One file, as JSON. Whatever is left out is unknown. */
export interface UnmonitoredReport {
  readonly reason: UnmonitoredReason;
  readonly container?: string;
  /** A sentence for the log. */
  readonly why?: string;
  /** Containers with the same reason: more than one where there were too many files. Default: 1. */
  readonly count?: number;
}

/** Files that wait for the agent, beside one for each reason. What comes beyond is added to one of the same reason. */
export const MAX_REPORTS = 4096;

export const MAX_REPORT_BYTES = 4096;

/** Files that are being written begin with this. */
export const UNFINISHED = '.';

/** What the names of the files of one reason begin with. */
export function reportPrefix(reason: UnmonitoredReason): string {
  return `${reason}-`;
}

/** The directory of the reports to an agent, given its control socket. */
export function reportDirectory(control: string): string {
  return `${control}.unmonitored`;
}
