/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html: the first byte of what a client sends. */
export const QUIT = 0x01;
export const INIT_DB = 0x02;
export const QUERY = 0x03;
export const FIELD_LIST = 0x04;
export const STATISTICS = 0x09;
export const CHANGE_USER = 0x11;
export const BINLOG_DUMP = 0x12;
export const STMT_PREPARE = 0x16;
export const STMT_EXECUTE = 0x17;
export const STMT_SEND_LONG_DATA = 0x18;
export const STMT_CLOSE = 0x19;
export const SET_OPTION = 0x1b;
export const STMT_FETCH = 0x1c;
export const BINLOG_DUMP_GTID = 0x1e;
export const RESET_CONNECTION = 0x1f;
/** MariaDB's: https://mariadb.com/docs/server/reference/clientserver-protocol/3-binary-protocol-prepared-statements/com_stmt_bulk_execute */
export const STMT_BULK_EXECUTE = 0xfa;

/** By their numbers, with how long their payloads are: an exact number of bytes, or at least as many as a negative number says. */
const COMMANDS: Readonly<Record<number, readonly [name: string, bytes: number]>> = {
  [QUIT]: ['QUIT', 1],
  [INIT_DB]: ['INIT_DB', -1],
  [QUERY]: ['QUERY', -1],
  [FIELD_LIST]: ['FIELD_LIST', -2],
  5: ['CREATE_DB', -2],
  6: ['DROP_DB', -2],
  7: ['REFRESH', 2],
  8: ['SHUTDOWN', -1],
  [STATISTICS]: ['STATISTICS', 1],
  10: ['PROCESS_INFO', 1],
  12: ['PROCESS_KILL', 5],
  13: ['DEBUG', 1],
  14: ['PING', 1],
  [CHANGE_USER]: ['CHANGE_USER', -3],
  [BINLOG_DUMP]: ['BINLOG_DUMP', -11],
  19: ['TABLE_DUMP', -3],
  21: ['REGISTER_SLAVE', -11],
  [STMT_PREPARE]: ['STMT_PREPARE', -1],
  [STMT_EXECUTE]: ['STMT_EXECUTE', -5],
  [STMT_SEND_LONG_DATA]: ['STMT_SEND_LONG_DATA', -7],
  [STMT_CLOSE]: ['STMT_CLOSE', 5],
  26: ['STMT_RESET', 5],
  [SET_OPTION]: ['SET_OPTION', 3],
  [STMT_FETCH]: ['STMT_FETCH', 9],
  [BINLOG_DUMP_GTID]: ['BINLOG_DUMP_GTID', -11],
  [RESET_CONNECTION]: ['RESET_CONNECTION', 1],
  [STMT_BULK_EXECUTE]: ['STMT_BULK_EXECUTE', -7],
};

const names = new Array<string>(256).fill('');
const lengths = new Int32Array(256);
for (const [command, [name, bytes]] of Object.entries(COMMANDS)) {
  names[Number(command)] = name;
  lengths[Number(command)] = bytes;
}

/** As the protocol has it, without `COM_`; empty if there is none such. */
export function commandName(command: number): string {
  return names[command];
}

/** Whether the payload of such a command may have so many bytes. */
export function mayBeCommand(command: number, bytes: number): boolean {
  const length = lengths[command];
  return length !== 0 && (length > 0 ? bytes === length : bytes >= -length);
}
