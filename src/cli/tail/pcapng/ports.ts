/**
 * Ports that Wireshark knows protocols by, or of ours where it knows none: there `Decode As…`, or `-d tcp.port==8545,json`, has it
 * take them for what they are. HTTP/2 is told from HTTP by how it begins.
 */
const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  grpc: 80,
  mysql: 3306,
  postgresql: 5432,
  redis: 6379,
  jsonrpc: 8545,
  mcp: 8545,
  dbus: 61001,
  varlink: 61002,
  ttrpc: 61003,
  msgpack_rpc: 61004,
};

/** Of a connection of which it is not known what it speaks. */
const UNKNOWN_PORT = 61000;

export function portOf(protocol: string | undefined): number {
  return protocol !== undefined && Object.hasOwn(PORTS, protocol)
    ? (PORTS[protocol] ?? UNKNOWN_PORT)
    : UNKNOWN_PORT;
}
