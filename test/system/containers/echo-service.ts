import type { Cleanup } from '../../support/cleanup.js';
import { type LineRequest, LineService } from '../../support/line-service.js';

/** A service of the host that answers what the clients expect: the params they sent. */
export function listenEcho(cleanup: Cleanup, path: string): Promise<LineService> {
  return LineService.listen(cleanup, path, echo);
}

function echo({ id, params }: LineRequest): string | undefined {
  return id === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', id, result: params });
}
