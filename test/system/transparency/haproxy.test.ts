import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../../support/cleanup.js';
import { freePort, type RealProcess, waitFor } from '../../support/process.js';
import { fetchThrough } from '../../support/socket-fetch.js';
import { requireTool } from '../support/requirements.js';
import { itWorks, type Passage } from './passage.js';
import { serve } from './real-program.js';

/** Unix sockets that the old process hands to the new one. */
const LISTENERS = 12;

describe('HAProxy', () => {
  requireTool('haproxy', 'apt-get install haproxy');

  itWorks('takes the listeners of the process before it', async (passage, cleanup) => {
    const site = await new Site(cleanup, passage).prepare();
    const old = await site.start('old');
    await passage.open(old);
    assert.equal(await site.ask(), 'old');
    const before = site.files();
    const next = await site.start('new', '-x', passage.socket, '-sf', `${old.pid}`);
    await waitFor('the new process to answer', async () => (await site.ask()) === 'new', { process: next });
    assert.equal((await old.exited).code, 0, old.describe());
    // A listener that is bound anew is a new file.
    assert.deepEqual(site.files(), before);
    // Beside them the port, and the socket of the administrator.
    await passage.assertBooks({ connections: 1, sentDescriptors: 0, receivedDescriptors: LISTENERS + 2 });
  });

  it('binds its listeners anew when nobody hands them over', async () => {
    const cleanup = new Cleanup();
    try {
      const site = await new Site(cleanup, undefined).prepare();
      const old = await site.start('old');
      await waitFor('the old process to answer', async () => (await site.ask()) === 'old', { process: old });
      const before = site.files();
      const next = await site.start('new', '-sf', `${old.pid}`);
      await waitFor('the new process to answer', async () => (await site.ask()) === 'new', { process: next });
      assert.notDeepEqual(site.files(), before);
    } finally {
      await cleanup.run();
    }
  });
});

/** What HAProxy serves: its name, at many sockets and a port. */
class Site {
  readonly #cleanup: Cleanup;
  readonly #directory: string;
  readonly #admin: string;
  readonly #fetch: typeof fetch;
  #port = 0;

  constructor(cleanup: Cleanup, passage: Passage | undefined) {
    this.#cleanup = cleanup;
    this.#directory = cleanup.directory();
    this.#admin = passage?.upstream ?? join(this.#directory, 'admin.sock');
    this.#fetch = fetchThrough(cleanup, this.#sockets()[0]!);
  }

  async prepare(): Promise<this> {
    this.#port = await freePort();
    return this;
  }

  start(name: string, ...options: string[]): Promise<RealProcess> {
    const file = join(this.#directory, `${name}.cfg`);
    const binds = this.#sockets().map((path) => `  bind unix@${path}`);
    const lines = [
      'global',
      `  stats socket ${this.#admin} mode 600 level admin expose-fd listeners`,
      'defaults',
      '  mode http',
      '  timeout client 5s',
      '  timeout server 5s',
      '  timeout connect 5s',
      'frontend site',
      `  bind 127.0.0.1:${this.#port}`,
      ...binds,
      `  http-request return status 200 content-type text/plain string ${name}`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return serve(this.#cleanup, 'haproxy', ['-f', file, '-db', ...options]);
  }

  async ask(): Promise<string> {
    return (await this.#fetch('http://site/', { headers: { connection: 'close' } })).text();
  }

  /** Of the listeners. */
  files(): number[] {
    return this.#sockets().map((path) => statSync(path).ino);
  }

  #sockets(): string[] {
    return Array.from({ length: LISTENERS }, (_, i) => join(this.#directory, `site${i}.sock`));
  }
}
