import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { pino } from 'pino';
import { controlExtensionSchema } from '../../../src/extensions/control/config.js';
import { createControlExtension, UNMONITORED_INSTRUMENTS } from '../../../src/extensions/control/index.js';
import type { Extension, ExtensionContext } from '../../../src/extensions/extension.js';
import type { EventSource } from '../../../src/processors/enrich/events.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import type { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { AgentInMemory } from './agent-in-memory.js';

export interface StartedControl {
  readonly extension: Extension;
  readonly socket: string;
  /** Messages that were logged. */
  readonly log: string[];
  /** Containers that were reported, by reason. */
  readonly unmonitored: Float64Array;
  /** Gives the agent other events from now on. */
  readonly provide: (events: EventSource) => void;
}

/** A control extension that runs until the test ends. */
export async function startControl(
  cleanup: Cleanup,
  events: EventSource | undefined,
  settings: {
    socket?: string;
    mode?: string;
    group?: string | number;
    agent?: ExtensionContext['agent'];
  } = {},
): Promise<StartedControl> {
  const { socket = `${cleanup.directory()}/control.sock`, agent = new AgentInMemory(), ...config } = settings;
  const log: string[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line).msg) });
  const parsed = controlExtensionSchema.parse({ ...config, socket });
  const unmonitored = new Float64Array(UNMONITORED_INSTRUMENTS.width);
  const context = { id: 'control', logger, events, agent, unmonitored };
  const extension = createControlExtension(parsed, context);
  cleanup.defer(() => extension.shutdown(soon()));
  await extension.start();
  const provide = (other: EventSource) => {
    context.events = other;
  };
  return { extension, socket, log, provide, unmonitored };
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export async function open(
  socketPath: string,
  path: string,
  method = 'GET',
  { headers = {}, body }: Sent = {},
): Promise<IncomingMessage> {
  const sent = request({ socketPath, path, method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.on('error', () => {});
  return response;
}

/** The whole of an answer. */
export async function ask(
  socketPath: string,
  path: string,
  method = 'GET',
  sent: Sent = {},
): Promise<Answer> {
  const response = await open(socketPath, path, method, sent);
  let body = '';
  for await (const text of response.setEncoding('utf8')) body += text;
  return { status: response.statusCode, headers: response.headers, body };
}

/** The answer to a request with a value in JSON, and what it says in JSON. */
export async function askJson(
  socketPath: string,
  method: string,
  path: string,
  value?: unknown,
): Promise<{ status: number | undefined; value: unknown }> {
  const sent = value === undefined ? {} : { body: JSON.stringify(value) };
  const { status, body } = await ask(socketPath, path, method, sent);
  return { status, value: body === '' ? undefined : JSON.parse(body) };
}

/** A line of the stream. */
export interface Line {
  readonly type: string;
  readonly id?: string;
  readonly method?: string;
  readonly count?: number;
}

export async function remembered(socketPath: string, query = ''): Promise<Line[]> {
  const { status, body } = await ask(socketPath, `/v1/events?follow=false${query}`);
  assert.equal(status, 200, body);
  return linesOf(body);
}

/** A client that reads the stream as it comes. */
export class Follower {
  readonly response: IncomingMessage;
  #text = '';
  #ended = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#text += text;
    });
    response.on('error', () => {});
    response.on('close', () => {
      this.#ended = true;
    });
  }

  static async start(cleanup: Cleanup, socketPath: string, query = ''): Promise<Follower> {
    const response = await open(socketPath, `/v1/events${query}`);
    cleanup.defer(() => response.destroy());
    return new Follower(response);
  }

  get lines(): Line[] {
    return linesOf(this.#text);
  }

  get ended(): boolean {
    return this.#ended;
  }

  async read(count: number): Promise<Line[]> {
    await eventually(
      `${count} lines have come`,
      () => this.lines.length >= count,
      () => this.lines.length,
    );
    return this.lines;
  }
}

function linesOf(text: string): Line[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
