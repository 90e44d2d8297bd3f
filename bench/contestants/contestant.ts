/** A way for the load to get from its clients to its servers, to be measured beside the others. */
export interface Contestant {
  readonly name: string;
  /** Whether one process relays all connections, so that its memory is known. */
  readonly isOneProcess: boolean;
  /** Why it cannot be measured here, or undefined when it can. */
  missing(): string | undefined;
  /**
   * Starts a relay on `listenPath` that connects to `upstreamPath`. It need not accept yet when this
   * resolves; the load waits for it.
   */
  start(paths: RelayPaths, options: StartOptions): Promise<Relay>;
}

export interface RelayPaths {
  listenPath: string;
  upstreamPath: string;
  /** A directory of the relay's own, for its configuration. */
  directory: string;
}

export interface StartOptions {
  /** Processor to run on; undefined: any. */
  cpu: number | undefined;
}

/** A relay that runs. */
export interface Relay {
  /** undefined when there is no process between client and server. */
  readonly pid: number | undefined;
  /** Where clients connect. */
  readonly connectPath: string;
  /** What it has counted since its start; only relays that count. */
  counted?(): Promise<RelayCounts>;
  stop(): Promise<void>;
}

/** From the client's side, as in the product: send is client to upstream. */
export interface RelayCounts {
  sendBytes: number;
  recvBytes: number;
  sendOps: number;
  recvOps: number;
}
