import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import type { Configuration } from '../../configuration/index.js';
import { DEFAULT_CONTROL_SOCKET, PRIVATE } from '../../layout/default-paths.js';
import { usedControls } from '../../service/used-components.js';

/** Where an agent without a configuration file is controlled; undefined: a user has no place for it. */
export function ownControlSocket(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { UDSCOPE_CONTROL: chosen, XDG_RUNTIME_DIR: runtime } = env;
  if (chosen) return chosen;
  if (geteuid?.() === 0) return DEFAULT_CONTROL_SOCKET;
  // Such a directory belongs to the user alone: https://specifications.freedesktop.org/basedir-spec/latest/
  return runtime?.startsWith('/') === true ? `${runtime}/udscope/${PRIVATE}/control.sock` : undefined;
}

/** Where an agent can be taken over: beside what commands it; undefined: there is no such place. */
export function handoverDirectory(configuration: Configuration): string | undefined {
  const [used] = usedControls(configuration);
  const control = used?.config.socket ?? ownControlSocket();
  return control === undefined ? undefined : `${dirname(control)}/agents`;
}

/** Which agent is asked where none is named: the user's own if there is one, else that of the host. */
export function askedControlSocket(env: NodeJS.ProcessEnv = process.env): string {
  const own = ownControlSocket(env);
  return own !== undefined && (env['UDSCOPE_CONTROL'] || existsSync(own)) ? own : DEFAULT_CONTROL_SOCKET;
}
