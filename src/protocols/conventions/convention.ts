import type { Direction } from '../direction.js';

export type Attributes = Readonly<Record<string, string | number>>;

/** Attributes of a series, of which those of methods are text. */
export type TextAttributes = Readonly<Record<string, unknown>>;

/** The value of an attribute that is text. */
export function textOf(attributes: TextAttributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? value : undefined;
}

/** The semantic conventions' word for what is not shown by name. */
export const OTHER = '_OTHER';

/** The end of a call that the upstream is: OpenTelemetry's kind of its span, and part of the name of its metric. */
export type CallKind = 'server' | 'client';

export interface DurationMetric {
  readonly name: string;
  readonly description: string;
  /** Upper bounds of the buckets, in s, that its convention advises; default: CALL_DURATION_BOUNDARIES. */
  readonly boundaries?: readonly number[];
}

/** A method as series tell it. */
export interface NamedMethod {
  /** The protocol, as the configuration names it. */
  readonly protocol: string;
  /** As events have it, but for what is not shown by name. */
  readonly method: string;
  /** The database that it works on, where the protocol has those. */
  readonly namespace?: string;
}

/** How the calls of protocols of one kind are named in OpenTelemetry: one of its semantic conventions. */
export interface Convention {
  /** The histograms of their durations, in s: of calls of the container, and of those that its server makes to it. */
  readonly durations: Readonly<Record<CallKind, DurationMetric>>;
  /** The histogram of the time up to the first byte of an answer, in s, where answers last. */
  readonly firstByte: DurationMetric | undefined;
  /** What a method is called that is one too many to be shown by name. */
  unnamed(method: string): string;
  /**
   * What series and spans say of a method. `system`: the protocol, or what the request says. `method` is bounded; `unnamed` where it is
   * not shown by name. `routes`: templates of paths that the user gave. `namespace`: that of the request, bounded, if it has one.
   */
  methodAttributes(system: string, method: string, routes: readonly string[], namespace?: string): Attributes;
  /** The opposite of `methodAttributes`; undefined for attributes of another convention, or of no method. */
  methodOf(attributes: TextAttributes): NamedMethod | undefined;
  /** What spans say of a method that `methodAttributes` does not show as it was sent. */
  originalAttributes(method: string): Attributes;
  /** Where the protocol gave a status code. */
  statusAttributes(code: string): Attributes;
  /** Whether the description of a span's status is what the server says of an error: not where the code says as much. */
  readonly describesErrors: boolean;
  spanName(system: string, method: string): string;
  /** `direction`: that of the request. */
  callKind(direction: Direction): CallKind;
}
