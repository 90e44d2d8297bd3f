import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve } from './real-program.js';

describe('ssh-agent', () => {
  requireTool('ssh-agent', 'apt-get install openssh-client');

  itWorks('takes a key and signs with it', async (passage, cleanup) => {
    await passage.open(await serve(cleanup, 'ssh-agent', ['-D', '-a', passage.upstream]));
    const env = { SSH_AUTH_SOCK: passage.socket };
    const directory = cleanup.directory();
    const [key, message, signers] = ['key', 'message', 'signers'].map((name) => join(directory, name));
    await client('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tester', '-f', key]);
    await client('ssh-add', ['-q', key], env);
    assert.match(await client('ssh-add', ['-l'], env), /^256 SHA256:\S+ tester \(ED25519\)$/m);
    // Only the agent can sign now.
    const publicKey = readFileSync(`${key}.pub`, 'utf8');
    await client('shred', ['-u', key]);
    writeFileSync(message, 'signed through a socket');
    writeFileSync(signers, `tester ${publicKey}`);
    await client('ssh-keygen', ['-Y', 'sign', '-n', 'test', '-f', `${key}.pub`, message], env);
    const verify = ['-Y', 'verify', '-n', 'test', '-f', signers, '-I', 'tester', '-s', `${message}.sig`];
    assert.match(
      await client('sh', ['-c', `ssh-keygen "$@" < '${message}'`, 'sh', ...verify]),
      /^Good "test" signature/,
    );
    await passage.assertCounted('three clients', ({ connections }) => assert.equal(connections, 3));
  });
});
