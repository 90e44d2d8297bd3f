import assert from 'node:assert/strict';
import fc from 'fast-check';
import { WaitingLine, WaitingLinks } from '../../../../src/receivers/uds/relay/waiting-line.js';

const SLOTS = 12;

/** The same with lists. */
class Model {
  clients: { client: string; slots: number[] }[] = [];

  push(slot: number, client: string): void {
    const known = this.clients.find((each) => each.client === client);
    if (known === undefined) this.clients.push({ client, slots: [slot] });
    else known.slots.push(slot);
  }

  remove(slot: number): void {
    for (const each of this.clients) each.slots = each.slots.filter((other) => other !== slot);
    this.clients = this.clients.filter(({ slots }) => slots.length > 0);
  }

  serve(): void {
    const [first, ...others] = this.clients;
    first.slots.shift();
    this.clients = first.slots.length > 0 ? [...others, first] : others;
  }
}

describe('WaitingLine', () => {
  it('serves the first of each client in turn, whoever leaves meanwhile', () => {
    const step = fc.record({
      kind: fc.constantFrom('push', 'push', 'serve', 'remove'),
      slot: fc.nat(SLOTS - 1),
      client: fc.constantFrom('a', 'b', 'c'),
    });
    const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const line = new WaitingLine(new WaitingLinks(SLOTS));
      const model = new Model();
      for (const { kind, slot, client } of steps) {
        const isWaiting = model.clients.some(({ slots }) => slots.includes(slot));
        if (kind === 'push' && !isWaiting) {
          line.push(slot, client);
          model.push(slot, client);
        } else if (kind === 'serve' && model.clients.length > 0) {
          assert.equal(line.first, model.clients[0].slots[0]);
          line.serveFirst();
          model.serve();
        } else if (kind === 'remove') {
          line.remove(slot);
          model.remove(slot);
        }
        assert.deepEqual(
          [...line.firsts()],
          model.clients.map(({ slots }) => slots[0]),
        );
        assert.equal(line.isEmpty, model.clients.length === 0);
      }
    });
    fc.assert(property, { seed: 4, numRuns: 300 });
  });

  it('is one of many that share their links', () => {
    const links = new WaitingLinks(4);
    const [one, other] = [new WaitingLine(links), new WaitingLine(links)];
    one.push(0, 'a');
    other.push(1, 'a');
    one.push(2, 'a');
    one.serveFirst();
    assert.deepEqual([one.first, other.first], [2, 1]);
  });
});
