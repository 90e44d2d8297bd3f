/** A service of the host, and where its socket usually is. */
export interface Candidate {
  /** Of the relay socket. What stands for the `*` of a path follows it: `podman-1000`. */
  readonly name: string;
  /** What it is, in a comment. */
  readonly title: string;
  /** One `*` in each at most, which stands for any characters of a name. */
  readonly paths: readonly string[];
  /** What stands for `*` where the socket is the usual one: it has no name of its own then. */
  readonly usual?: string;
  /** Clients find it by its file name, which that of the relay socket is therefore. */
  readonly keepsFileName?: boolean;
  /** Said above the socket. */
  readonly notes?: readonly string[];
  /** Why it is only written as a comment. */
  readonly risk?: readonly string[];
}

const OWNS_THE_HOST = 'Its users own the host, with and without a relay: udscope watches; it is no firewall.';

/** Which sockets are looked for, in the order in which they are written. `home`: of the user that asks. */
export function candidates(home: string): readonly Candidate[] {
  return [
    { name: 'docker', title: 'Docker', paths: ['/run/docker.sock'], notes: [OWNS_THE_HOST] },
    {
      name: 'docker',
      title: 'rootless Docker',
      paths: ['/run/user/*/docker.sock'],
      notes: ["It runs as a user: the agent's user has to be able to enter its directory."],
    },
    { name: 'podman', title: 'Podman', paths: ['/run/podman/podman.sock'], notes: [OWNS_THE_HOST] },
    {
      name: 'podman',
      title: 'Podman of a user',
      paths: ['/run/user/*/podman/podman.sock'],
      notes: ["It runs as a user: the agent's user has to be able to enter its directory."],
    },
    {
      name: 'containerd',
      title: 'containerd',
      paths: ['/run/containerd/containerd.sock', '/run/k3s/containerd/containerd.sock'],
      notes: [OWNS_THE_HOST],
    },
    { name: 'crio', title: 'CRI-O', paths: ['/run/crio/crio.sock'], notes: [OWNS_THE_HOST] },
    {
      name: 'geth',
      title: 'geth, an Ethereum node',
      paths: [
        '/var/lib/geth/geth.ipc',
        '/var/lib/goethereum/geth.ipc',
        '/var/lib/ethereum/geth.ipc',
        `${home}/.ethereum/geth.ipc`,
        '/home/*/.ethereum/geth.ipc',
      ],
    },
    {
      name: 'postgresql',
      title: 'PostgreSQL',
      paths: ['/run/postgresql/.s.PGSQL.*', '/tmp/.s.PGSQL.*'],
      usual: '5432',
      keepsFileName: true,
      notes: ['Clients look for this file name: give them the directory as host=.'],
    },
    {
      name: 'mysql',
      title: 'MySQL or MariaDB',
      paths: ['/run/mysqld/mysqld.sock', '/var/lib/mysql/mysql.sock', '/tmp/mysql.sock'],
    },
    {
      name: 'redis',
      title: 'Redis',
      paths: ['/run/redis/redis-server.sock', '/run/redis/redis.sock', '/run/redis.sock', '/tmp/redis.sock'],
    },
    {
      name: 'valkey',
      title: 'Valkey',
      paths: ['/run/valkey/valkey-server.sock', '/run/valkey/valkey.sock', '/tmp/valkey.sock'],
    },
    {
      name: 'spire-agent',
      title: 'SPIRE agent (Workload API)',
      paths: [
        '/run/spire/sockets/agent.sock',
        '/run/spire/agent-sockets/spire-agent.sock',
        '/run/spire/agent/public/api.sock',
        '/tmp/spire-agent/public/api.sock',
      ],
      risk: [
        'It sees the pid of the relay, compares the owner of /proc/PID with the client, and refuses it: leave it unrelayed.',
      ],
    },
    {
      name: 'dbus',
      title: 'D-Bus, the system bus',
      paths: ['/run/dbus/system_bus_socket'],
      risk: [
        'Whoever has it mounted can ask every service of the host that listens there, systemd among them, as far as the',
        'policies of the bus let the user do so. Mount it where a container had it before, and nowhere else.',
      ],
    },
  ];
}
