import type { Contestant } from './contestant.js';
import { direct } from './direct.js';
import { copyFloor, spliceFloor } from './floor.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx.js';
import { nodeNet, udscope, udscopeBusy, udscopeObserving } from './node-relay.js';
import { socat } from './socat.js';
import { systemdSocketProxyd } from './systemd-socket-proxyd.js';

/** In the order of the tables. */
export const contestants: readonly Contestant[] = [
  direct,
  udscope,
  udscopeObserving,
  udscopeBusy,
  haproxy,
  nodeNet,
  nginx,
  systemdSocketProxyd,
  socat,
  copyFloor,
  spliceFloor,
];
