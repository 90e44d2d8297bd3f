/** A message of either side. */
export function message(type: string, body: Buffer | string = ''): Buffer {
  const content = Buffer.from(body as string);
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([header, content]);
}

/** A packet that opens a connection. */
export function opening(code: number, body: Buffer | string = ''): Buffer {
  const content = Buffer.from(body as string);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(content.length + 8);
  header.writeUInt32BE(code, 4);
  return Buffer.concat([header, content]);
}

export const PROTOCOL_3_0 = 196_608;
export const SSL = 80_877_103;
export const GSS = 80_877_104;
export const CANCEL = 80_877_102;

export const startup = (parameters: Readonly<Record<string, string>>, code = PROTOCOL_3_0): Buffer =>
  opening(code, `${Object.entries(parameters).flat().join('\0')}\0\0`);

export const query = (sql: string): Buffer => message('Q', `${sql}\0`);
export const parse = (sql: string, name = ''): Buffer => message('P', `${name}\0${sql}\0\0\0`);
export const bind = (statement = '', portal = '', value = 'hunter2'): Buffer => {
  const parameter = Buffer.alloc(4);
  parameter.writeUInt32BE(value.length);
  return message(
    'B',
    Buffer.concat([
      Buffer.from(`${portal}\0${statement}\0\0\0\0\x01`),
      parameter,
      Buffer.from(`${value}\0\0`),
    ]),
  );
};
export const describeMessage = (name = '', kind: 'S' | 'P' = 'P'): Buffer => message('D', `${kind}${name}\0`);
export const execute = (portal = '', rows = 0): Buffer =>
  message('E', `${portal}\0\0\0\0${String.fromCharCode(rows)}`);
export const close = (name: string, kind: 'S' | 'P' = 'S'): Buffer => message('C', `${kind}${name}\0`);
export const SYNC = message('S');
export const FLUSH = message('H');
export const TERMINATE = message('X');
export const COPY_DONE = message('c');
export const copyData = (data: string): Buffer => message('d', data);

/** An Execute of a statement that is parsed for it. */
export const extended = (sql: string): Buffer[] => [parse(sql), bind(), describeMessage(), execute(), SYNC];

export const ready = (status: 'I' | 'T' | 'E' = 'I'): Buffer => message('Z', status);
export const AUTHENTICATED = message('R', '\0\0\0\0');
export const PARSED = message('1');
export const BOUND = message('2');
export const CLOSED = message('3');
export const NO_DATA = message('n');
export const SUSPENDED = message('s');
export const EMPTY = message('I');
export const COPY_IN = message('G', '\0\0\x01\0\0');
export const COPY_OUT = message('H', '\0\0\x01\0\0');
export const COPY_BOTH = message('W', '\0\0\0');
export const parameterStatus = (name: string, value: string): Buffer => message('S', `${name}\0${value}\0`);
export const columns = (name = 'id'): Buffer =>
  message('T', Buffer.concat([Buffer.from(`\0\x01${name}\0`), Buffer.alloc(18)]));
export const row = (value = '42'): Buffer =>
  message('D', `\0\x01\0\0\0${String.fromCharCode(value.length)}${value}`);
export const complete = (tag: string): Buffer => message('C', `${tag}\0`);
export const error = (code: string, text = 'it is about "hunter2"', severity = 'ERROR'): Buffer =>
  message('E', `S${severity}\0V${severity}\0C${code}\0M${text}\0Fparse.c\0\0`);
export const notice = (text: string): Buffer => message('N', `SNOTICE\0VNOTICE\0C00000\0M${text}\0\0`);
export const notification = (channel: string, payload = 'hunter2'): Buffer =>
  message('A', `\0\0\0\x07${channel}\0${payload}\0`);

/** What a server says that lets a client in. */
export const WELCOME = [
  AUTHENTICATED,
  parameterStatus('server_version', '15.8'),
  message('K', '\0\0\0\x07\0\0\0\x09'),
  ready(),
];
