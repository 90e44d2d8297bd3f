import assert from 'node:assert/strict';
import { statePath } from '../../src/runtime/container-state.js';

const root = { isRoot: true, isInUserNamespace: false, userName: 'root', runtimeDirectory: undefined };
const rootWithSession = { ...root, runtimeDirectory: '/run/user/0' };
const user = { ...root, isRoot: false, userName: 'joe', runtimeDirectory: '/run/user/1000' };
const rootlessEngine = { ...user, isRoot: true, isInUserNamespace: true };

describe('The state of a container', () => {
  const of = (runtime: string, dir?: string, annotations = {}) => ({
    runtime,
    root: dir,
    id: 'c1',
    annotations,
  });

  it('is a directory of runc or crun, or of what is like them', () => {
    assert.equal(statePath(of('/usr/bin/runc', '/run/docker/runc/moby'), root), '/run/docker/runc/moby/c1');
    assert.equal(statePath(of('/usr/bin/runc'), root), '/run/runc/c1');
    assert.equal(statePath(of('/usr/bin/runc'), rootWithSession), '/run/runc/c1');
    assert.equal(statePath(of('/usr/bin/crun'), root), '/run/crun/c1');
    assert.equal(statePath(of('/usr/bin/crun'), user), '/run/user/1000/crun/c1');
    assert.equal(statePath(of('/usr/bin/youki'), root), '/run/runc/c1');
  });

  it('lies where the runtime itself looks, whatever root it is', () => {
    assert.equal(statePath(of('/usr/bin/crun'), rootWithSession), '/run/user/0/crun/c1');
    assert.equal(statePath(of('/usr/bin/runc'), rootlessEngine), '/run/user/1000/runc/c1');
    assert.equal(
      statePath(of('/usr/bin/runc'), { ...rootlessEngine, userName: undefined }),
      '/run/user/1000/runc/c1',
    );
    assert.equal(statePath(of('/usr/bin/runc'), { ...rootlessEngine, userName: 'root' }), '/run/runc/c1');
    assert.equal(statePath(of('/usr/bin/crun'), { ...root, isInUserNamespace: true }), '/run/crun/c1');
  });

  it('is a file of runsc that names the sandbox', () => {
    const runsc = '/usr/local/bin/runsc';
    assert.equal(statePath(of(runsc, '/r'), root), '/r/c1_sandbox:c1.state');
    assert.equal(statePath(of(runsc), root), '/var/run/runsc/c1_sandbox:c1.state');
    assert.equal(statePath(of(runsc), rootWithSession), '/run/user/0/runsc/c1_sandbox:c1.state');
    const joins = { 'io.kubernetes.cri.sandbox-id': 'pod7' };
    assert.equal(statePath(of(runsc, '/r', joins), root), '/r/c1_sandbox:pod7.state');
    const joinsOfCrio = { 'io.kubernetes.cri-o.SandboxID': 'pod8' };
    assert.equal(statePath(of(runsc, '/r', joinsOfCrio), root), '/r/c1_sandbox:pod8.state');
  });
});
