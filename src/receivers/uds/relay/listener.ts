import { unixAddress } from '../../../linux/sockaddr.js';
import { ROW_WIDTH } from './counters.js';
import type { ListenerSettings } from './messages.js';

/** A listening socket as one relay thread sees it. */
export class Listener {
  readonly settings: ListenerSettings;
  /** sockaddr_un of the upstream. */
  readonly address: Uint8Array;
  /** Index of the first counter of its row. */
  readonly row: number;
  /** Connections of this thread that came from it. */
  connections = 0;
  /** False once `unlisten` was asked for. */
  listening = true;
  /** Why the last upstream connection failed, if it did. */
  upstreamError: string | undefined;

  constructor(
    readonly id: number,
    readonly fd: number,
    rowIndex: number,
    settings: ListenerSettings,
  ) {
    this.row = rowIndex * ROW_WIDTH;
    this.settings = settings;
    this.address = unixAddress(settings.upstream);
  }
}
