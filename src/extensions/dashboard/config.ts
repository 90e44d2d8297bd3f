import * as z from 'zod';
import { endpoint } from '../../values/endpoint.js';
import { helpfulKeys } from '../../values/helpful-keys.js';
import { hostName } from '../../values/host-name.js';

export const dashboardExtensionSchema = z
  .strictObject({
    endpoint: endpoint()
      .prefault('localhost:9465')
      .describe(
        'host:port of the page. Whoever reaches it sees names of containers, sockets and methods, calls as they happen and the configuration without its secrets; it asks for no password. :9465 listens on every interface, port 0 takes any free port.',
      ),
    allowed_hosts: z
      .array(hostName())
      .prefault([])
      .describe(
        'Names by which a browser may ask (its Host header) beside addresses, localhost, the host of endpoint and the name of the machine: *.domain is every name below it, * every name.',
      ),
    show_payload: z
      .boolean()
      .prefault(false)
      .describe(
        'Show of calls what enrich.payload lets spans show (parameters, results), and texts of errors. Every user of the machine can open a page on localhost. What else was captured is never shown there.',
      ),
  })
  .register(helpfulKeys, {
    tls: 'is not available: the page is served over http; listen on localhost, and have a proxy in front speak TLS',
    auth: 'is not available; listen on localhost, and have a proxy in front ask for it',
    host: 'is written in endpoint: endpoint: HOST:PORT',
    port: 'is written in endpoint: endpoint: HOST:PORT',
    path: 'is not available: the page is at /',
  });

export type DashboardExtensionConfig = z.output<typeof dashboardExtensionSchema>;
