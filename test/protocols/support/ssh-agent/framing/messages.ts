/** https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent: length of what follows, type, contents. */
export const LENGTH_BYTES = 4;
export const HEADER_BYTES = LENGTH_BYTES + 1;

/** OpenSSH takes no longer ones. */
export const LENGTH_MAX = 256 * 1024;

export const REQUESTS: ReadonlyMap<number, string> = new Map([
  [11, 'request_identities'],
  [13, 'sign_request'],
  [17, 'add_identity'],
  [19, 'remove_all_identities'],
]);

/** What answers say, with the status code of those that are failures. */
export const ANSWERS: ReadonlyMap<number, string | undefined> = new Map([
  [5, 'SSH_AGENT_FAILURE'],
  [6, undefined],
  [12, undefined],
  [14, undefined],
]);
