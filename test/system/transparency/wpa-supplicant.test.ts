import assert from 'node:assert/strict';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve } from './real-program.js';

/** What is asked, each by a client of its own and all at the same time, and what is answered. */
const ANSWERS: readonly (readonly [string[], RegExp])[] = [
  [['ping'], /^PONG$/],
  [['raw', 'NOTHING'], /^UNKNOWN COMMAND$/],
  [['status'], /^wifi_display=/m],
  [['raw', 'NOTHING'], /^UNKNOWN COMMAND$/],
  [['ping'], /^PONG$/],
];

describe('wpa_supplicant', () => {
  requireTool('wpa_supplicant', 'apt-get install wpasupplicant');

  // Each client binds a path of its own, to which the answer is sent.
  itWorks('answers each of several clients by datagram', async (passage, cleanup) => {
    await passage.open(await serve(cleanup, 'wpa_supplicant', ['-g', passage.upstream]));
    const answers = await Promise.all(
      ANSWERS.map(([args]) => client('wpa_cli', ['-g', passage.socket, ...args])),
    );
    for (const [i, [, expected]] of ANSWERS.entries()) assert.match(answers[i]!.trim(), expected);
    await passage.assertBooks({ sentOperations: ANSWERS.length, receivedOperations: ANSWERS.length });
  });
});
