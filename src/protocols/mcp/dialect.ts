import { OTHER } from '../conventions.js';
import type { Direction } from '../direction.js';
import { readText } from '../json/text.js';
import { STRING, type Token } from '../json/token.js';
import { readId } from '../jsonrpc/call-id.js';
import type { Dialect, Headers, Meaning } from '../jsonrpc/dialect.js';
import type { Envelope } from '../jsonrpc/envelope.js';
import type { InnerOutcome } from '../protocol.js';
import { KNOWN, OWN, TARGETS, WITH_INNER_OUTCOME } from './methods.js';
import { Parameters } from './parameters.js';
import { Results } from './results.js';
import { targetName } from './target-name.js';

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/transports: headers of a request, in small letters. */
export const HEADERS = ['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name'] as const;
const [SESSION, VERSION, , NAME] = HEADERS.map((_, index) => index);

const URI_BYTES_MAX = 2048;
const VERSION_BYTES_MAX = 32;
/** Those of MCP are dates; others that `initialize` have numbers (ACP), or numbers with dots. */
const VERSION_SYNTAX = /^(?:\d{4}-\d{2}-\d{2}|DRAFT-)[\w.-]*$/;

/** Its server may end it by a cancellation: https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/cancellation. */
const SUBSCRIPTION = 'subscriptions/listen';

const OF_JSON_RPC: Meaning = { carrier: 'jsonrpc' };

/** What is read of all conversations, one after the other. */
const parameters = new Parameters();
const results = new Results();

/** What a conversation has shown to be so far. */
const UNKNOWN = 0;
const OURS = 1;
/** It began as one of others that initialize: a method that only MCP has is one of theirs. */
const OTHERS = 2;

/**
 * Tells messages of MCP from others of JSON-RPC, and what they mean. A stream is MCP from the first message on that shows it; of
 * HTTP, where one connection may carry requests to several services, each request shows it itself, or names a method of MCP on a
 * connection that has carried others.
 */
export class McpDialect implements Dialect {
  readonly #isOnly: boolean;
  #state = UNKNOWN;
  /** That of the stream, once it was agreed on. */
  #version: string | undefined;
  /** Who has subscribed, as clients do since 2026: servers ask them nothing since then. */
  #subscriber: Direction | undefined;

  /** `isOnly`: nothing else is told of, so all is MCP. */
  constructor(isOnly: boolean) {
    this.#isOnly = isOnly;
  }

  meaningOf(envelope: Envelope, method: string, direction: Direction, headers: Headers): Meaning {
    const target = Object.hasOwn(TARGETS, method) ? TARGETS[method] : undefined;
    if (target !== undefined) parameters.read(envelope);
    if (method === SUBSCRIPTION) this.#subscriber = direction;
    const meaning = this.#isOurs(envelope, method, headers)
      ? this.#describe(envelope, method, direction, target, headers)
      : OF_JSON_RPC;
    if (target !== undefined) parameters.forget();
    return meaning;
  }

  outcomeOf(envelope: Envelope, headers: Headers): InnerOutcome | undefined {
    if (!this.#isOnly && this.#state !== OURS && !isMarked(headers)) return undefined;
    results.read(envelope);
    // Over HTTP each request says it itself.
    if (headers === undefined) this.#version = versionOf(results.protocolVersion) ?? this.#version;
    const { outcome } = results;
    results.forget();
    return outcome;
  }

  #isOurs(envelope: Envelope, method: string, headers: Headers): boolean {
    const isShown = isMarked(headers) || versionOf(envelope.mcpVersion) !== undefined;
    if (method === 'initialize' && !isShown) return this.#isInitialized();
    if (isShown || (OWN.has(method) && (this.#state !== OTHERS || headers !== undefined))) this.#state = OURS;
    else if (headers !== undefined && !KNOWN.has(method)) return this.#isOnly;
    return this.#isOnly || this.#state === OURS;
  }

  /** Whether it is MCP that a request begins. Where its version was not captured, what is known stays. */
  #isInitialized(): boolean {
    if (versionOf(parameters.protocolVersion) !== undefined) this.#state = OURS;
    else if (parameters.isConclusive) this.#state = OTHERS;
    return this.#isOnly || this.#state === OURS;
  }

  /** What is called off. A server that somebody has subscribed to asks nothing itself: it ends the subscription. */
  #cancellation(direction: Direction): Meaning {
    const cancels = readId(parameters.requestId, true).id;
    const cancelsAsked = this.#subscriber !== undefined && this.#subscriber !== direction;
    return { cancels, ...(cancelsAsked ? { cancelsAsked } : {}) };
  }

  #describe(
    envelope: Envelope,
    method: string,
    direction: Direction,
    target: string | undefined,
    headers: Headers,
  ): Meaning {
    const asked = method === 'initialize' ? versionOf(parameters.protocolVersion) : undefined;
    const version =
      versionOf(envelope.mcpVersion) ?? asked ?? knownVersion(headers?.[VERSION]) ?? this.#version;
    const session = headers?.[SESSION] || undefined;
    const uri = target === 'uri' ? textOf(parameters.uri, URI_BYTES_MAX) : undefined;
    return {
      method: nameOf(method, target, headers),
      attributes: {
        ...(version === undefined ? {} : { 'mcp.protocol.version': version }),
        ...(headers === undefined ? {} : { 'network.protocol.name': 'http' }),
      },
      ...(session === undefined && uri === undefined ? {} : { secrets: secretsOf(session, uri) }),
      ...(WITH_INNER_OUTCOME.has(method) ? { hasInnerOutcome: true } : {}),
      ...(target === 'requestId' ? this.#cancellation(direction) : {}),
    };
  }
}

/** Whether headers say that it is MCP. */
function isMarked(headers: Headers): boolean {
  return headers !== undefined && headers.length > 0;
}

function secretsOf(session: string | undefined, uri: string | undefined): Readonly<Record<string, string>> {
  return {
    ...(session === undefined ? {} : { 'mcp.session.id': session }),
    ...(uri === undefined ? {} : { 'mcp.resource.uri': uri }),
  };
}

/** The method, with the name of the tool or prompt that it is about. No method of MCP has a blank in it, so it parts the two. */
function nameOf(method: string, target: string | undefined, headers: Headers): string {
  if (target !== 'name') return method.includes(' ') ? OTHER : method;
  return targetName(method, parameters.name, headers?.[NAME]);
}

function versionOf(token: Token): string | undefined {
  return knownVersion(textOf(token, VERSION_BYTES_MAX));
}

function knownVersion(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= VERSION_BYTES_MAX && VERSION_SYNTAX.test(text)
    ? text
    : undefined;
}

function textOf({ type, isWhole, bytes, from, to }: Token, most: number): string | undefined {
  if (type !== STRING || !isWhole || to - from > most) return undefined;
  return readText(bytes, from, to);
}
