import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import {
  DescriptorBudget,
  type DescriptorUser,
} from '../../../../src/receivers/uds/pool/descriptor-budget.js';
import { useCleanup } from '../../../support/cleanup.js';

const OPEN_BEFORE = 7;

describe('DescriptorBudget', () => {
  const cleanup = useCleanup();

  function users(budget: DescriptorBudget, count: number): DescriptorUser[] {
    return Array.from({ length: count }, () => {
      const user: DescriptorUser = { open: OPEN_BEFORE, allowed: -1 };
      budget.add(user);
      cleanup.defer(() => budget.remove(user));
      return user;
    });
  }

  it('divides what is free: all may take what they were told at the same time', () => {
    const budgetOfOne = new DescriptorBudget();
    const [alone] = users(budgetOfOne, 1);
    let three: DescriptorUser[];
    let free: number;
    // What a test before has left to be closed may be closed between two counts.
    do {
      free = alone.allowed - OPEN_BEFORE;
      three = users(new DescriptorBudget(), 3);
      budgetOfOne.divide();
    } while (alone.allowed - OPEN_BEFORE !== free);
    assert.ok(free > 0);
    const divided = three.reduce((sum, { allowed }) => sum + allowed - OPEN_BEFORE, 0);
    assert.ok(divided <= free && divided >= free - 3, `${divided} of ${free}`);
  });

  it('leaves to connections what nothing else in the process has open', () => {
    const budget = new DescriptorBudget();
    const [user] = users(budget, 1);
    const before = user.allowed;
    for (let i = 0; i < 20; i++) {
      const fd = openSync('/dev/null', 'r');
      cleanup.defer(() => closeSync(fd));
    }
    budget.divide();
    assert.equal(user.allowed, before - 10);
  });
});
