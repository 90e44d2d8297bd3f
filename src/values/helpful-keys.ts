import * as z from 'zod';

/**
 * Keys that users of the OpenTelemetry Collector may write and that mean nothing here, each with what to do instead, in
 * words that follow the key.
 */
export const helpfulKeys = z.registry<Readonly<Record<string, string>>>();
