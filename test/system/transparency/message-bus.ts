/** A D-Bus message bus. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import type { Passage } from './passage.js';
import { serve } from './real-program.js';

/** The address for those who connect. */
export async function startBus(passage: Passage, cleanup: Cleanup): Promise<string> {
  const file = join(cleanup.directory(), 'bus.conf');
  writeFileSync(file, configuration(passage.upstream));
  const bus = await serve(cleanup, 'dbus-daemon', [`--config-file=${file}`, '--nofork', '--nopidfile']);
  await passage.open(bus);
  return `unix:path=${passage.socket}`;
}

/** A bus that everybody may use, for everything. */
function configuration(path: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>`;
}
