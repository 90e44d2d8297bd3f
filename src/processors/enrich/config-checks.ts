import type { ConfiguredComponent, Finding } from '../../values/finding.js';

/** Payload may hold secrets: whoever lets it out of the agent is told so. */
export function warnOfPayload({ path, body }: ConfiguredComponent): Finding[] {
  const isRaw = typeof body === 'object' && body !== null && 'payload' in body && body.payload === 'raw';
  if (!isRaw) return [];
  const message = 'raw shows what is said on the sockets to whoever sees the spans or the live stream';
  return [{ path: [...path, 'payload'], message }];
}
