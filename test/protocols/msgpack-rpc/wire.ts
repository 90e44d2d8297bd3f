import { encode } from '@msgpack/msgpack';

const message = (...elements: unknown[]): Buffer => Buffer.from(encode(elements, { useBigInt64: true }));

/** Messages of MessagePack-RPC. */
export const call = (id: number | bigint, method: string, ...params: unknown[]): Buffer =>
  message(0, id, method, params);
export const reply = (id: number | bigint, result: unknown = null): Buffer => message(1, id, null, result);
export const failure = (id: number | bigint, error: unknown): Buffer => message(1, id, error, null);
export const notice = (method: string, ...params: unknown[]): Buffer => message(2, method, params);
