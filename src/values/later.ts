import { z } from 'zod';

/** Documented keys that this version does not support yet. The error for them must not suggest a typing mistake. */
export const laterKeys = z.registry<{ keys: readonly string[] }>();
