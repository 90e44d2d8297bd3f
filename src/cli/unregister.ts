import { parseContainerPath } from '../api/containers/request.js';
import { quote } from '../values/quote.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { CommandError } from './control/failure.js';
import { runCommand } from './control/run-command.js';
import { argument, ContainerRegistration, type Registration } from './register/container-registration.js';

export interface UnregisterOptions extends ControlOptions {
  container: string;
  namespace?: string;
  /** Left out: all of the container. */
  path?: string;
}

/** Removes the registration of a container, or one socket of it. Silent when all is well. */
export async function unregister(options: UnregisterOptions): Promise<void> {
  await runCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal);
    const container = new ContainerRegistration(client, options);
    const path =
      options.path === undefined ? undefined : argument('--path', options.path, parseContainerPath);
    const rest = path === undefined ? undefined : without(await container.find(), path);
    if (rest === undefined) await container.remove();
    else await container.replace(rest);
  });
}

/** undefined when nothing is left. @throws CommandError when there is no such socket. */
function without(registration: Registration | undefined, path: string): Registration | undefined {
  const sockets = registration?.sockets ?? [];
  const rest = sockets.filter((socket) => socket.path !== path);
  if (registration === undefined || rest.length === sockets.length) {
    const there = sockets.map((socket) => quote(socket.path)).join(', ') || 'none';
    throw new CommandError(
      `--path: ${quote(path)} is not registered for the container; registered: ${there}`,
    );
  }
  return rest.length === 0 ? undefined : { ...registration, sockets: rest };
}
