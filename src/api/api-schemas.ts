import * as z from 'zod';

/** The schemas that have a name in the API's description, and are referred to by it. */
export const apiSchemas = z.registry<{ id: string }>();
