import { type ContainerRequest, ControlError } from '../../extensions/agent-control.js';
import { isBind } from '../../receivers/uds/containers/annotated-sockets.js';
import { quote } from '../../values/quote.js';
import { type ControlPlace, controlBehind } from '../places.js';

/** Nothing is made for a container whose root could command the agent. @throws ControlError */
export function checkMounts(
  { mounts }: Pick<ContainerRequest, 'mounts'>,
  controls: readonly ControlPlace[],
): void {
  for (const mount of mounts) {
    const { destination, source } = mount;
    if (!isBind(mount) || source?.startsWith('/') !== true) continue;
    const control = controlBehind(source, controls);
    if (control === undefined) continue;
    throw new ControlError(
      422,
      `the mount of ${quote(source)} at ${quote(destination)} gives the container the control socket ` +
        `${quote(control)} of the agent; mount only what it needs, as /run/udscope/sockets/NAME`,
    );
  }
}
