import assert from 'node:assert/strict';
import { Credentials } from '../../src/linux/credentials.js';
import type { Person } from './become.js';
import { Child } from './child.js';
import type { Cleanup } from './cleanup.js';
import type { ClientOrder, ClientResults } from './client-process.js';
import type { RawListener, RawStream } from './raw-stream.js';

/** A process that connects as somebody else. Only root can start one. */
export class ClientAs {
  private constructor(readonly child: Child) {}

  static async start(cleanup: Cleanup, person: Person): Promise<ClientAs> {
    const child = Child.start(cleanup, 'client-process', [JSON.stringify(person)]);
    assert.equal(await child.hear(), 'ready');
    return new ClientAs(child);
  }

  /** Connects, and resolves with how that went when it is over. */
  ask(order: ClientOrder): Promise<ClientResults> {
    this.child.say(order);
    return this.child.hear();
  }
}

/** Who is at the other end, as an upstream sees it. */
export function personOf(stream: RawStream): Person {
  const peer = new Credentials();
  assert.equal(peer.readPeer(stream.fd), 0);
  return { uid: peer.uid, gid: peer.gid, groups: [...peer.groups.subarray(0, peer.groupCount)] };
}

/** Who the next client of an upstream is, which gets `seen` for an answer. */
export async function answer(upstream: RawListener, cleanup: Cleanup): Promise<Person> {
  const server = await upstream.accept(cleanup);
  const person = personOf(server);
  server.send(Buffer.from('seen'));
  server.close();
  return person;
}
