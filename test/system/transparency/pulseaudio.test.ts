import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../support/process.js';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve } from './real-program.js';

const FORMAT = ['--raw', '--rate=44100', '--format=s16le', '--channels=2', '--latency-msec=500'];
const BYTES_A_SECOND = 44_100 * 4;

/** The recorder may miss the beginning, while the sink wakes up. */
const LEAD = Buffer.alloc(BYTES_A_SECOND);

describe('PulseAudio', () => {
  for (const tool of ['pulseaudio', 'pacat', 'parec', 'pactl']) {
    requireTool(tool, 'apt-get install pulseaudio pulseaudio-utils');
  }

  itWorks('plays and records every sample, in shared memory,', async (passage, cleanup) => {
    const home = cleanup.directory();
    const sound = join(home, 'sound');
    const recording = join(home, 'recording');
    const played = randomBytes(BYTES_A_SECOND / 4);
    writeFileSync(sound, Buffer.concat([LEAD, played, LEAD]));
    const own = { HOME: home, XDG_RUNTIME_DIR: home };
    const env = { ...own, PULSE_SERVER: `unix:${passage.socket}` };
    const options = ['--daemonize=no', '-n', '--use-pid-file=no', '--exit-idle-time=-1', '-vvvv'];
    const modules = [
      `module-native-protocol-unix socket=${passage.upstream} auth-cookie-enabled=0`,
      'module-null-sink sink_name=void rate=44100 format=s16le channels=2',
    ];
    const loads = modules.flatMap((module) => ['-L', module]);
    const server = await serve(cleanup, 'pulseaudio', [...options, ...loads], own);
    await server.waitForOutput('Daemon startup complete');
    await passage.open(server);

    assert.match(await client('pactl', ['list', 'short', 'sinks'], env), /\tvoid\t/);
    const recorder = await serve(cleanup, 'parec', ['--device=void.monitor', ...FORMAT, recording], env);
    await waitFor('the recorder to be there', async () => {
      return /parec/.test(await client('pactl', ['list', 'source-outputs'], env));
    });
    // The server drops sound on a machine too busy for it: another time it may not.
    await waitFor('the sound to be recorded', async () => {
      await client('pacat', ['--playback', '--device=void', ...FORMAT, sound], env);
      return readFileSync(recording).includes(played);
    });
    await recorder.stop();
    // Only credentials let a client in, and only descriptors let it share its memory with the server.
    const refusals = server.output.match(/.*(?:Denied access|Protocol error).*/g) ?? [];
    assert.deepEqual(refusals, []);
    assert.match(server.output, /Got credentials: uid=0 gid=0 success=1/);
    assert.match(server.output, /Client enabled srbchannel/);
    const negotiated = server.output.match(/(?:Negotiated SHM|Memfd possible|SHM possible): \w+/g) ?? [];
    assert.ok(negotiated.length > 0);
    for (const line of negotiated) assert.match(line, /: yes$/);
    await passage.assertCounted('descriptors both ways', (books) => {
      assert.ok(books.sentDescriptors > 0, JSON.stringify(books));
      assert.ok(books.receivedDescriptors > 0, JSON.stringify(books));
    });
  });
});
