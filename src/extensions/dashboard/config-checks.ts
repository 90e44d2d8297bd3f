import { isLoopback } from '../../http/client-address.js';
import { parseEndpoint } from '../../values/endpoint.js';
import type { ConfiguredComponent, Finding } from '../../values/finding.js';
import { fields } from '../../values/map.js';

/** A page without a password, for more than the users of the machine. */
export function warnOfDashboard({ path, body }: ConfiguredComponent): Finding[] {
  const { endpoint } = fields(body);
  const parsed = parseEndpoint(endpoint);
  if (!parsed.ok) return [];
  const { host } = parsed.value;
  if (host !== undefined && (host === 'localhost' || isLoopback(host))) return [];
  const message =
    'everybody who reaches this address sees the dashboard, without a password; listen on localhost, and have a proxy in front ask who it is';
  return [{ path: [...path, 'endpoint'], message }];
}
