import assert from 'node:assert/strict';
import {
  check,
  EAGAIN,
  ECONNREFUSED,
  EPIPE,
  errnoName,
  isAbsence,
  SystemCallError,
} from '../../src/linux/errno.js';

describe('errnoName', () => {
  it('returns the usual name of a number that has two', () => {
    assert.equal(errnoName(EAGAIN), 'EAGAIN');
    assert.equal(errnoName(ECONNREFUSED), 'ECONNREFUSED');
    assert.equal(errnoName(EPIPE), 'EPIPE');
  });

  it('returns the number if it has no name', () => {
    assert.equal(errnoName(4095), 'errno 4095');
  });
});

describe('isAbsence', () => {
  it('is said of a path that does not exist, and not of errors without a cause', () => {
    assert.equal(isAbsence(Object.assign(new Error(), { code: 'ENOTDIR' })), true);
    assert.equal(isAbsence(Object.assign(new Error(), { code: 'EACCES' })), false);
    // An agent that lives has taken a path over: the start of another one failed by that.
    assert.equal(isAbsence(new Error('no cause').cause), false);
  });
});

describe('check', () => {
  it('returns a non-negative result', () => {
    assert.equal(check('read', 0), 0);
    assert.equal(check('read', 7), 7);
  });

  it('throws the errno, with its name as the code', () => {
    assert.throws(
      () => check('connect', -ECONNREFUSED),
      (error) =>
        error instanceof SystemCallError &&
        error.code === 'ECONNREFUSED' &&
        error.errno === ECONNREFUSED &&
        error.message === 'connect: ECONNREFUSED',
    );
  });
});
