import type { JSX } from 'preact';
import type { SocketStatus } from '../../../../api/socket-schema.js';
import { shown } from '../model/format.js';
import { Empty } from './basics.js';
import { usePoll } from './use-poll.js';

/** How to send a call to the first socket that there is. */
export function NoCalls({ what = 'No calls yet' }: { readonly what?: string }): JSX.Element {
  const { answer } = usePoll<readonly SocketStatus[]>('/v1/sockets');
  const socket = answer?.value.find(({ appearance }) => appearance === 'shown') ?? answer?.value[0];
  if (answer !== undefined && socket === undefined) {
    return (
      <Empty title="No socket is relayed">
        Name one below <code>receivers.uds.sockets</code> in the configuration; <code>udscope init</code>{' '}
        writes one for what listens on this host.
      </Empty>
    );
  }
  return (
    <Empty title={what}>
      {socket === undefined ? (
        'Looking for a socket to try…'
      ) : (
        <>
          <p>Calls show here as soon as a client uses a relayed socket. Send one by hand:</p>
          <pre class="command">
            <code>{commandFor(socket)}</code>
          </pre>
        </>
      )}
    </Empty>
  );
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function commandFor({ listen, upstream }: SocketStatus): string {
  const path = quoted(shown(listen));
  if (/docker|podman/.test(upstream)) return `curl --unix-socket ${path} http://localhost/version`;
  if (/redis|valkey/.test(upstream)) return `redis-cli -s ${path} ping`;
  if (/PGSQL/.test(upstream)) return `psql "host=$(dirname ${path})" -c 'select 1'`;
  return `printf '{"jsonrpc":"2.0","id":1,"method":"rpc_modules"}\\n' | nc -U -q 1 ${path}`;
}
