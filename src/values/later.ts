import { z } from 'zod';

/**
 * The keys of a map that the documentation speaks of and this version does not have yet. Someone who writes
 * one has made no typing mistake, and is told so.
 */
export const laterKeys = z.registry<{ keys: readonly string[] }>();
