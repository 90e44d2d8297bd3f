import type { Contestant } from './contestant.js';
import { direct } from './direct.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx.js';
import { nodeNet, udscope, udscopeBusy } from './node-relay.js';
import { socat } from './socat.js';
import { systemdSocketProxyd } from './systemd-socket-proxyd.js';

/** In the order of the tables. */
export const contestants: readonly Contestant[] = [
  direct,
  udscope,
  udscopeBusy,
  haproxy,
  nodeNet,
  nginx,
  systemdSocketProxyd,
  socat,
];
