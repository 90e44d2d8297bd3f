import { ELOOP } from '../../../linux/errno.js';
import { canConnectPlain, connectHeld, openPlain, plainPath } from '../../../linux/plain-path.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { unixAddress } from '../../../linux/sockaddr.js';
import { close, connect } from '../../../linux/socket.js';
import { isInside } from '../../../values/file-path.js';
import { isFollowedByKernel, type UpstreamPlace } from '../sockets/upstream-place.js';

/** Before Linux 5.6, and without /proc, links are followed by the kernel, wherever they lead. */
const refusesLinks = canConnectPlain();

/** What connections are made to. A symbolic link does not lead them out of its directory. */
export class UpstreamPath {
  readonly #path: string;
  /** sockaddr_un of it; where there are links, of what they lead to. */
  readonly #address: Uint8Array;
  readonly #plain: Uint8Array | undefined;
  readonly #place: UpstreamPlace | undefined;

  constructor(path: string, place: UpstreamPlace | undefined) {
    this.#path = path;
    this.#address = unixAddress(path);
    this.#place = place;
    if (place === undefined || !refusesLinks || isFollowedByKernel(path)) return;
    this.#plain = plainPath(place.path);
  }

  /** As connect(2), with the credentials that the thread has; -ELOOP for a link that is not followed. */
  connect(fd: number): number {
    if (this.#plain === undefined) return connect(fd, this.#address);
    let held = openPlain(this.#plain);
    if (held === -ELOOP) held = this.#follow();
    if (held < 0) return held;
    const result = connectHeld(fd, held);
    close(held);
    return result;
  }

  #follow(): number {
    const { directory, target } = this.#place as UpstreamPlace;
    const real = realSocketPath(this.#path);
    return real === target || isInside(real, directory) ? openPlain(plainPath(real)) : -ELOOP;
  }
}
