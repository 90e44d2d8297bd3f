import * as z from 'zod';
import { apiSchemas } from './api-schemas.js';
import { count } from './traffic.js';

/** An agent whose last connections are waited for. */
export const drainingSchema = z.object({
  pid: count(),
  connections: count().describe('Those that have not ended yet, of it and of agents before it.'),
});

export const upgradeSchema = z
  .object({
    pid: count().describe('Of the agent that accepts now.'),
    draining: drainingSchema.describe('The agent that was asked: it ends with its last connection.'),
  })
  .register(apiSchemas, { id: 'Upgrade' });

/** How one agent has taken the place of another. */
export type Upgrade = z.output<typeof upgradeSchema>;
