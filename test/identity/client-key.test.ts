import assert from 'node:assert/strict';
import { clientOf } from '../../src/identity/client-key.js';
import { ID, OTHER_ID } from './ids.js';

const UID = 4711;

describe('the client that a process belongs to', () => {
  const cases: [string, string, string][] = [
    ['is its container', `0::/system.slice/docker-${ID}.scope\n`, `container ${ID}`],
    ['is its container in a cgroup below', `0::/docker/${ID}/init.scope\n`, `container ${ID}`],
    [
      'is the outermost of containers in containers, whose root makes the others',
      `0::/docker/${OTHER_ID}/kubelet.slice/cri-containerd-${ID}.scope\n`,
      `container ${OTHER_ID}`,
    ],
    [
      'is its container where only some hierarchies tell',
      `3:cpu:/\n2:name=systemd:/docker/${ID}\n0::/\n`,
      `container ${ID}`,
    ],
    ['is its user on the host', '0::/system.slice/cron.service\n', `uid ${UID}`],
    ['is its user where there are no cgroups', '', `uid ${UID}`],
    [
      'is the user whose slice it is in, whatever containers and users it creates there',
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope\n`,
      'uid 1000',
    ],
    [
      'is its container in the slice of root, who creates all containers',
      `0::/user.slice/user-0.slice/session-3.scope/docker/${ID}\n`,
      `container ${ID}`,
    ],
    [
      'is its container, whatever slices that creates',
      `0::/docker/${ID}/user.slice/user-1000.slice/session-3.scope\n`,
      `container ${ID}`,
    ],
  ];
  for (const [what, cgroup, expected] of cases) {
    it(what, () => {
      assert.equal(clientOf(cgroup, UID), expected);
    });
  }
});
