import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createReadOnlyApi } from '../../../src/extensions/control/index.js';
import { dashboardExtensionSchema } from '../../../src/extensions/dashboard/config.js';
import {
  createDashboardExtension,
  type DashboardExtension,
} from '../../../src/extensions/dashboard/index.js';
import type { EventSource } from '../../../src/processors/enrich/events.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import type { Cleanup } from '../../support/cleanup.js';
import { AgentInMemory } from '../control/agent-in-memory.js';

export interface StartedDashboard {
  readonly extension: DashboardExtension;
  readonly address: AddressInfo;
  readonly agent: AgentInMemory;
  /** Messages that were logged. */
  readonly log: string[];
}

/** A dashboard extension that runs until the test ends. */
export async function startDashboard(
  cleanup: Cleanup,
  config: object = {},
  events?: EventSource,
): Promise<StartedDashboard> {
  const log: string[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line).msg) });
  const agent = new AgentInMemory();
  agent.yaml = 'receivers:\n  uds:\n    threads: auto # default\n';
  const parsed = dashboardExtensionSchema.parse({ endpoint: 'localhost:0', ...config });
  const api = createReadOnlyApi({ agent, events, logger }, { showsPayload: parsed.show_payload });
  const extension = createDashboardExtension(parsed, { id: 'dashboard', logger, api });
  cleanup.defer(() => extension.shutdown(soon()));
  await extension.start();
  return { extension, address: extension.address!, agent, log };
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function open(
  { port }: Pick<AddressInfo, 'port'>,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  sent.on('error', () => {});
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

export async function ask(...request: Parameters<typeof open>): Promise<Answer> {
  const response = await open(...request);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}
