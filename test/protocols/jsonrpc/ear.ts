import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import { Ear } from '../listen.js';

export const protocol = PROTOCOLS.jsonrpc;

/** A decoder that keeps payload, and has been shown pieces of one direction. */
export function ear(...pieces: (string | Buffer)[]): Ear {
  const one = new Ear(protocol, { keepPayload: true });
  for (const piece of pieces) one.data(SEND, piece);
  return one;
}

/** The same in a conversation in which a message has been understood before. */
export function amid(...pieces: (string | Buffer)[]): Ear {
  const one = ear().data(RECV, '{"jsonrpc":"2.0","method":"opening"}\n');
  one.heard.length = 0;
  for (const piece of pieces) one.data(SEND, piece);
  return one;
}

/** The request that is all there is in some pieces. */
export function request(...pieces: (string | Buffer)[]) {
  const { requests, reasons } = amid(...pieces).listener;
  assert.deepEqual(reasons, []);
  assert.equal(requests.length, 1);
  return requests[0];
}

/** The response that is all there is in some pieces. */
export function response(...pieces: (string | Buffer)[]) {
  const { responses, reasons } = amid(...pieces).listener;
  assert.deepEqual(reasons, []);
  assert.equal(responses.length, 1);
  return responses[0];
}
