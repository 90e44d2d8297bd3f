import type { ConfiguredComponent, Finding } from '../../values/finding.js';
import { fields } from '../../values/map.js';

/** Payload may hold secrets: a configuration that shows it gets a warning. */
export function warnOfPayload({ path, body }: ConfiguredComponent): Finding[] {
  if (fields(body)['payload'] !== 'raw') return [];
  const message =
    'raw shows what is said on the sockets to everybody who sees the spans, the log records or the live stream';
  return [{ path: [...path, 'payload'], message }];
}
