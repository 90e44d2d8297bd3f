/* What parts of a configuration are that nobody wrote. */

export const CAPTURE_DEFAULTS = {
  tail_bytes: 256,
  per: 'message',
  directions: ['send', 'recv'],
  ring_buffer: { entries: 4096, max_bytes: 4_194_304 },
};

export const CLIENT_LIMITS = {
  connections: 4096,
  parked_bytes: 67_108_864,
  series: 2000,
  methods: 200,
  pending_calls: 16_384,
};

export const RETRY_DEFAULTS = {
  enabled: true,
  initial_interval: 5000,
  max_interval: 30_000,
  max_elapsed_time: 300_000,
  multiplier: 1.5,
};

export const TLS_DEFAULTS = {
  ca_file: null,
  ca_pem: null,
  cert_file: null,
  cert_pem: null,
  key_file: null,
  key_pem: null,
  insecure_skip_verify: false,
  server_name_override: null,
  min_version: '1.2',
  max_version: '1.3',
};
