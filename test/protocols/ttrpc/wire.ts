import { BinaryWriter } from '@bufbuild/protobuf/wire';

export const REQUEST = 1;
export const RESPONSE = 2;
export const DATA = 3;
export const REMOTE_CLOSED = 1;
export const REMOTE_OPEN = 2;
export const NO_DATA = 4;

/** A frame of ttrpc. */
export function frame(stream: number, type: number, data: Uint8Array, flags = 0): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt32BE(data.length);
  header.writeUInt32BE(stream, 4);
  header[8] = type;
  header[9] = flags;
  return Buffer.concat([header, data]);
}

interface Asked {
  readonly payload?: Uint8Array;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly flags?: number;
}

const PAYLOAD = Buffer.from('a payload');

/** A request: https://github.com/containerd/ttrpc/blob/main/request.proto. */
export function request(
  stream: number,
  service: string,
  method: string,
  { payload = PAYLOAD, metadata = {}, flags = 0 }: Asked = {},
): Buffer {
  const writer = new BinaryWriter();
  if (service !== '') writer.uint32(tag(1, 2)).string(service);
  if (method !== '') writer.uint32(tag(2, 2)).string(method);
  if (payload.length > 0) writer.uint32(tag(3, 2)).bytes(payload);
  writer.uint32(tag(4, 0)).int64(30_000_000_000n);
  for (const [key, value] of Object.entries(metadata)) {
    writer.uint32(tag(5, 2)).fork();
    writer.uint32(tag(1, 2)).string(key).uint32(tag(2, 2)).string(value).join();
  }
  return frame(stream, REQUEST, writer.finish(), flags);
}

export function response(stream: number, payload: Uint8Array = PAYLOAD): Buffer {
  const writer = new BinaryWriter();
  if (payload.length > 0) writer.uint32(tag(2, 2)).bytes(payload);
  return frame(stream, RESPONSE, writer.finish());
}

export function failure(stream: number, code: number, message = 'no such thing'): Buffer {
  const writer = new BinaryWriter();
  writer.uint32(tag(1, 2)).fork();
  if (code !== 0) writer.uint32(tag(1, 0)).int32(code);
  writer.uint32(tag(2, 2)).string(message).join();
  return frame(stream, RESPONSE, writer.finish());
}

function tag(field: number, type: number): number {
  return field * 8 + type;
}
