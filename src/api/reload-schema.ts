import * as z from 'zod';
import { apiSchemas } from './api-schemas.js';

export const reloadSchema = z
  .object({
    files: z
      .array(z.string())
      .describe('Those that were read. None: the agent was started with arguments only.'),
    changes: z
      .array(
        z.object({
          path: z
            .string()
            .describe('A key, as in the file. A socket stands by its name instead of its number.'),
          change: z.enum(['added', 'removed', 'changed']),
        }),
      )
      .describe('How the configuration that holds now differs from the one before. Never with values.'),
    warnings: z.array(z.string()),
  })
  .register(apiSchemas, { id: 'Reload' });

/** How an agent has loaded its configuration again. */
export type Reload = z.output<typeof reloadSchema>;
