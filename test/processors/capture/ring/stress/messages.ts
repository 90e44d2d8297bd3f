/** What a thread of the stress test is given. */
export interface StressData {
  memory: SharedArrayBuffer;
  doorbell: SharedArrayBuffer;
  /** One word, which says how far the test is. */
  phase: SharedArrayBuffer;
  /** Longest payload of a record. */
  maxBytes: number;
  /** A reader sleeps after so many records for a ms; 0: never. */
  napAfter: number;
}

/** The readers are not there yet. */
export const WAITING = 0;
export const RUNNING = 1;
/** The writer shall write its last record. */
export const STOPPING = 2;
/** It has: there will be no other. */
export const WRITTEN = 3;

export interface WriterResult {
  written: number;
}

export interface ReaderResult {
  read: number;
  lost: number;
}

/** By client of a fair ring. */
export interface FairWriterResult {
  written: number[];
  lost: number[];
}

export interface FairReaderResult {
  read: number[];
  /** Of all clients. */
  lost: number;
}
