import assert from 'node:assert/strict';
import { basename, dirname } from 'node:path';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve } from './real-program.js';

const FRAMES = 20;

describe('a Wayland compositor', () => {
  requireTool('weston', 'apt-get install weston');
  requireTool('weston-simple-shm', 'apt-get install weston');
  requireTool('wayland-info', 'apt-get install wayland-utils');

  itWorks('shows the window of a client', async (passage, cleanup) => {
    const runtime = { XDG_RUNTIME_DIR: dirname(passage.upstream) };
    const weston = await serve(
      cleanup,
      'weston',
      [
        '--backend=headless-backend.so',
        `--socket=${basename(passage.upstream)}`,
        '--no-config',
        '--idle-time=0',
        '--width=320',
        '--height=240',
      ],
      runtime,
    );
    await passage.open(weston);
    const env = { XDG_RUNTIME_DIR: dirname(passage.socket), WAYLAND_DISPLAY: basename(passage.socket) };
    assert.match(await client('wayland-info', [], env), /logical_width: 320, logical_height: 240/);

    const window = await serve(cleanup, 'weston-simple-shm', [], { ...env, WAYLAND_DEBUG: '1' });
    // Its surface is configured, its memory taken as a buffer, and every frame shown and released.
    const frames = new RegExp(`(?:wl_callback@\\d+\\.done\\([\\s\\S]*?){${FRAMES}}`);
    await window.waitForOutput(/xdg_toplevel@\d+\.configure\(/);
    await window.waitForOutput(/wl_buffer@\d+\.release\(\)/);
    await window.waitForOutput(frames);
    await window.kill();
    const handed = window.output.match(/create_pool\(new id wl_shm_pool@\d+, fd \d+, \d+\)/g) ?? [];
    assert.ok(handed.length > 0);
    assert.doesNotMatch(window.output, /wl_display@1\.error/);
    await passage.assertBooks({ connections: 2, sentDescriptors: handed.length, receivedDescriptors: 0 });
  });
});
