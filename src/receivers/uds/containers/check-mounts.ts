import { type ContainerRequest, ControlError } from '../../../api/agent.js';
import { isBind } from '../../../api/containers/mount.js';
import { type ControlPlace, controlBehind } from '../../../layout/places.js';
import { quote } from '../../../values/quote.js';

/** Refuses a container whose mounts would let its root command the agent. @throws ControlError */
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
