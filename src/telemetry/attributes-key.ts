import type { Attributes } from '@opentelemetry/api';

/** The same text for the same attributes, in whatever order. */
export function attributesKey(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
