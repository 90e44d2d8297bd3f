import { Agent, type RequestInit, fetch as undiciFetch } from 'undici';
import type { Cleanup } from './cleanup.js';

/** `fetch` as Node.js has it, whose every connection is to a Unix socket. */
export function fetchThrough(cleanup: Cleanup, socketPath: string): typeof fetch {
  const dispatcher = new Agent({ connect: { socketPath } });
  cleanup.defer(() => dispatcher.destroy());
  // The types of Node.js are those of the undici that it contains.
  const fetchSo = (url: string | URL, init?: RequestInit) => undiciFetch(url, { ...init, dispatcher });
  return fetchSo as unknown as typeof fetch;
}
