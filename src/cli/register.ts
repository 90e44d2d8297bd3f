import { parseContainerPath } from '../api/containers/request.js';
import type { RegisteredContainer } from '../api/containers/schema.js';
import { printable, printableJson } from '../values/printable.js';
import { parseSocketPath } from '../values/socket-path.js';
import { ControlClient } from './control/control-client.js';
import { type ControlOptions, controlSocket } from './control/control-socket.js';
import { CommandError } from './control/failure.js';
import { runCommand } from './control/run-command.js';
import { argument, ContainerRegistration } from './register/container-registration.js';

export interface RegisterOptions extends ControlOptions {
  container: string;
  namespace?: string;
  path: string;
  upstream: string;
  name?: string;
  image?: string;
  attribute: [name: string, value: string][];
  json?: boolean;
}

/** Has an agent make one more relay socket for a container. */
export async function register(options: RegisterOptions): Promise<void> {
  await runCommand(async (signal) => {
    const client = new ControlClient(controlSocket(options), signal);
    const container = new ContainerRegistration(client, options);
    const path = argument('--path', options.path, parseContainerPath);
    const upstream = argument('--upstream', options.upstream, parseSocketPath);
    const before = await container.find();
    const others = before?.sockets.filter((socket) => socket.path !== path) ?? [];
    const registered = await container.replace({
      ...before,
      sockets: [...others, { path, upstream }],
      attributes: { ...before?.attributes, ...attributesOf(options) },
    });
    const listen = listenOf(registered, path);
    const text = `${printable(listen)}\nmount ${printable(listen)} at ${printable(path)} in the container\n`;
    process.stdout.write(options.json === true ? `${printableJson(registered)}\n` : text);
  });
}

function attributesOf({ name, image, attribute }: RegisterOptions): Record<string, string> {
  return {
    ...(name !== undefined && { 'container.name': name }),
    ...(image !== undefined && { 'container.image.name': image }),
    ...Object.fromEntries(attribute),
  };
}

/** @throws CommandError when the agent has not made the socket */
function listenOf({ id, sockets, refused }: RegisteredContainer, path: string): string {
  const socket = sockets.find((each) => each.path === path);
  if (socket !== undefined) return socket.listen;
  const reason = refused.find((each) => each.path === path)?.reason ?? 'the agent does not say why';
  throw new CommandError(`${printable(path)} of ${printable(id)} is not relayed: ${printable(reason)}`);
}
