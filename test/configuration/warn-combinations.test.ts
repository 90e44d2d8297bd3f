import assert from 'node:assert/strict';
import { load } from './support.js';

const METRICS = 'service.pipelines.metrics';
const DECODED = ['processors.capture=', 'processors.enrich=', `${METRICS}.processors=[capture, enrich]`];
const TRACED = [
  ...DECODED,
  'exporters.debug=',
  'service.pipelines.traces={ receivers: [uds], processors: [capture, enrich], exporters: [debug] }',
];
const LOGGED = [
  ...DECODED,
  'exporters.debug=',
  'service.pipelines.logs={ receivers: [uds], processors: [capture, enrich], exporters: [debug] }',
];
const CONTROLLED = ['extensions.control=', 'service.extensions=[control]'];
const PUSHED = ['exporters.otlphttp=', `${METRICS}.exporters=[otlphttp]`, 'exporters.prometheus='];

/** Warnings without what names the option they speak of. */
function warningsOf(base: readonly string[], ...sets: string[]): string[] {
  return load(['minimal'], { sets: [`receivers.uds.sockets=[{ upstream: /b }]`, ...base, ...sets] })
    .warnings.map((warning) => warning.replace(/^--set [^:]*: /, ''))
    .filter((warning) => !warning.startsWith('is configured but not used'));
}

const SEND_ALONE =
  'send alone leaves out the answers: calls are counted, without outcome and duration; give [send, recv], or latency: false in "enrich" if that is what you want';
const RECV_ALONE =
  'recv alone leaves out what containers send: their calls are not seen; give [send, recv], or latency: false in "enrich" if that is what you want';
const UNREAD =
  'captures what nobody reads: nothing decodes it, and there is no control or dashboard extension to watch it with';
const NOTHING = 'keeps nothing that "enrich" could decode: no call is counted';
const SHORT = 'bytes do not hold the method of most messages, which are not decoded then; give 64 or more';

type Case = [title: string, base: readonly string[], sets: string[], expected: string[]];

const CASES: Case[] = [
  ['answers that are not captured', DECODED, ['processors.capture.directions=[send]'], [SEND_ALONE]],
  ['requests that are not captured', DECODED, ['processors.capture.directions=[recv]'], [RECV_ALONE]],
  [
    'answers that a socket of its own leaves out',
    [...DECODED, 'processors.capture/own={ directions: [send] }'],
    ['receivers.uds.sockets=[{ upstream: /b, capture: capture/own }]'],
    [SEND_ALONE],
  ],
  ['a capture that nobody reads', ['processors.capture=', `${METRICS}.processors=[capture]`], [], [UNREAD]],
  [
    'a capture of what is not decoded',
    [...DECODED, 'processors.capture/own='],
    ['receivers.uds.sockets=[{ upstream: /b, protocol: none, capture: capture/own }]'],
    [UNREAD],
  ],
  [
    'a capture of sockets of which none is decoded',
    DECODED,
    ['receivers.uds.sockets=[{ upstream: /b, protocol: none }, { upstream: /c, protocol: none }]'],
    [UNREAD],
  ],
  ['nothing to decode', DECODED, ['processors.capture.strategy=no_data'], [NOTHING]],
  [
    'nothing of the sampled to decode',
    DECODED,
    ['processors.capture={ strategy: sampling, ratio: 0.5, then: { strategy: no_data } }'],
    [NOTHING],
  ],
  [
    'no socket of which anything is kept',
    [...DECODED, 'processors.capture/own={ strategy: no_data }'],
    ['receivers.uds.sockets=[{ upstream: /b, capture: capture/own }]'],
    [NOTHING],
  ],
  ['a sample of nothing', DECODED, ['processors.capture={ strategy: sampling, ratio: 0 }'], [NOTHING]],
  [
    'a sample of everything',
    DECODED,
    ['processors.capture={ strategy: sampling, ratio: 1 }'],
    ['1 takes everything: that is no sampling'],
  ],
  ['heads that hold no method', DECODED, ['processors.capture.max_bytes=32'], [`32 ${SHORT}`]],
  [
    'sampled heads that hold no method',
    DECODED,
    ['processors.capture={ strategy: sampling, ratio: 0.5, then: { strategy: size_limit, max_bytes: 63 } }'],
    [`63 ${SHORT}`],
  ],
  [
    'messages that begin inside of operations',
    DECODED,
    ['processors.capture.per=operation'],
    ['operation leaves out messages that begin inside of an operation: their calls are not seen'],
  ],
  [
    'a tail beside the whole',
    DECODED,
    ['processors.capture={ strategy: full, tail_bytes: 128 }'],
    ['128 does nothing with full, which cuts no message'],
  ],
  [
    'operations that are kept whole like messages',
    DECODED,
    ['processors.capture={ strategy: full, per: operation }'],
    ['operation does nothing with full, which cuts no message'],
  ],
  [
    'spans without answers',
    TRACED,
    ['processors.enrich.latency=false'],
    ['false leaves the spans of "traces" without outcome and duration'],
  ],
  [
    'log records without answers',
    LOGGED,
    ['processors.enrich={ latency: false, payload: hashed }'],
    ['false leaves the log records of "logs" without outcome and duration'],
  ],
  [
    'a pipeline without spans',
    TRACED,
    ['processors.enrich.span_ratio=0'],
    ['0 leaves "traces" without any span'],
  ],
  [
    'a part of no spans',
    DECODED,
    ['processors.enrich.span_ratio=0.5'],
    ['does nothing without a traces pipeline'],
  ],
  [
    'payload that nobody sees',
    DECODED,
    ['processors.enrich.payload=hashed'],
    ['does nothing without a traces or logs pipeline or a control extension'],
  ],
  [
    'payload that a dashboard does not show',
    DECODED,
    ['processors.enrich.payload=hashed', 'extensions.dashboard=', 'service.extensions=[dashboard]'],
    ['does nothing without a traces or logs pipeline or a control extension'],
  ],
  [
    'payload that a dashboard shows',
    DECODED,
    [
      'processors.enrich.payload=hashed',
      'extensions.dashboard.show_payload=true',
      'service.extensions=[dashboard]',
    ],
    [],
  ],
  [
    'a capture that a dashboard shows',
    ['processors.capture=', `${METRICS}.processors=[capture]`],
    ['extensions.dashboard=', 'service.extensions=[dashboard]'],
    [],
  ],
  [
    'more methods than a client may have',
    DECODED,
    ['processors.enrich.methods.max=500'],
    ['500 is more than client_limits.methods lets a client have, 200'],
  ],
  [
    'more known methods than series',
    DECODED,
    ['processors.enrich.methods.known=[a, b, c]', 'receivers.uds.client_limits.series=2'],
    ['lists 3 methods, and client_limits.series has room for 2 series of a client'],
  ],
  [
    'attributes that no container has',
    [],
    ['service.telemetry.metrics.attributes=[container.id, k8s.pod.nam, team]'],
    [
      '"k8s.pod.nam" is no attribute that is known of a container; did you mean k8s.pod.name?',
      '"team" is no attribute that is known of a container; there are container.id, container.name, container.image.name, k8s.namespace.name, k8s.pod.name, k8s.pod.uid, k8s.container.name, process.executable.name, container.namespace',
    ],
  ],
  [
    'an endpoint that is a whole URL',
    PUSHED,
    ['exporters.otlphttp.endpoint=http://localhost:4318/v1/metrics/'],
    [
      'ends in /v1/metrics, and /v1/metrics is added to it; leave the path out, or give the URL as metrics_endpoint',
    ],
  ],
  [
    'an endpoint that is the URL of another signal',
    PUSHED,
    ['exporters.otlphttp.endpoint=http://localhost:4318/v1/traces'],
    [
      'ends in /v1/traces, and /v1/metrics is added to it; leave the path out, or give the URL as traces_endpoint',
    ],
  ],
  [
    'an endpoint with the port of gRPC',
    PUSHED,
    ['exporters.otlphttp.endpoint=http://localhost:4317'],
    ['has the port of OTLP over gRPC, which udscope does not speak; OTLP over HTTP has 4318'],
  ],
  [
    'TLS beside http://',
    PUSHED,
    ['exporters.otlphttp.tls={ insecure_skip_verify: true }'],
    ['does nothing: TLS is spoken to https:// alone'],
  ],
  [
    'TLS to any server',
    PUSHED,
    ['exporters.otlphttp={ endpoint: "https://localhost:4318", tls: { insecure_skip_verify: true } }'],
    ['true lets anybody on the way pass for the server; trust its certificate with ca_file instead'],
  ],
  [
    'an endpoint of a signal that is not sent',
    PUSHED,
    ['exporters.otlphttp.traces_endpoint=http://localhost:4318/v1/traces'],
    ['does nothing: no traces pipeline has this exporter'],
  ],
  [
    'a queue of spans that are not sent',
    PUSHED,
    ['exporters.otlphttp.sending_queue={ queue_size: 5 }'],
    ['does nothing: no traces or logs pipeline has this exporter'],
  ],
  [
    'pushes of metrics that are not sent',
    TRACED,
    [
      'exporters.otlphttp={ interval: 5s, temporality: delta }',
      'service.pipelines.traces.exporters=[otlphttp]',
    ],
    [
      'does nothing: no metrics pipeline has this exporter',
      'does nothing: no metrics pipeline has this exporter',
    ],
  ],
  [
    'the URL of a signal without a path',
    PUSHED,
    ['exporters.otlphttp.metrics_endpoint=http://localhost:4318'],
    ['has no path, and none is added; give one, usually /v1/metrics, or give the URL as endpoint'],
  ],
];

const SOUND: Case[] = [
  ['what is decoded by default', DECODED, [], []],
  ['spans by default', TRACED, [], []],
  [
    'requests that are counted on purpose',
    DECODED,
    ['processors.capture.directions=[send]', 'processors.enrich.latency=false'],
    [],
  ],
  [
    'a capture that is watched',
    [...CONTROLLED, 'processors.capture=', `${METRICS}.processors=[capture]`],
    ['processors.capture.directions=[send]'],
    [],
  ],
  [
    'one direction of what is not decoded',
    [...DECODED, ...CONTROLLED, 'processors.capture/own={ directions: [send], max_bytes: 4 }'],
    ['receivers.uds.sockets=[{ upstream: /b, protocol: none, capture: capture/own }]'],
    [],
  ],
  [
    'one socket that is captured',
    [...DECODED, 'processors.capture/own={ strategy: full }'],
    ['processors.capture.strategy=no_data', 'receivers.uds.sockets=[{ upstream: /b, capture: capture/own }]'],
    [],
  ],
  [
    'one socket that is not captured',
    [...DECODED, 'processors.capture/own={ strategy: no_data }'],
    ['receivers.uds.sockets=[{ upstream: /b, capture: capture/own }, { upstream: /c }]'],
    [],
  ],
  [
    'sockets that are captured in ways of their own',
    [...DECODED, 'processors.capture/own='],
    [
      'processors.capture.directions=[send]',
      'receivers.uds.sockets=[{ upstream: /b, capture: capture/own }]',
    ],
    [],
  ],
  [
    'sockets of which one is decoded',
    DECODED,
    ['receivers.uds.sockets=[{ upstream: /b, protocol: none }, { upstream: /c }]'],
    [],
  ],
  [
    'sockets that may be added',
    [...DECODED, ...CONTROLLED],
    ['receivers.uds.sockets=[{ upstream: /b, protocol: none }]'],
    [],
  ],
  ['hashed payload that is watched', [...DECODED, ...CONTROLLED], ['processors.enrich.payload=hashed'], []],
  [
    'attributes that the configuration gives a container, and its own',
    [],
    [
      'receivers.uds.sockets=[{ upstream: /b, container: { id: c, attributes: { team: a } } }]',
      'service.telemetry.metrics.attributes=[team, k8s.pod.uid, container.image.name, uds.socket.name]',
    ],
    [],
  ],
  ['an endpoint with a path', PUSHED, ['exporters.otlphttp.endpoint=http://localhost/otlp'], []],
  ['an endpoint that is a socket', PUSHED, ['exporters.otlphttp.endpoint=unix:///run/v1/metrics'], []],
  [
    'an endpoint that nothing is sent to',
    PUSHED,
    [
      'exporters.otlphttp.endpoint=http://localhost/v1/metrics',
      'exporters.otlphttp.metrics_endpoint=http://localhost/v1/metrics',
    ],
    [],
  ],
];

describe('warnings of components that do nothing together, or mislead', () => {
  for (const [title, base, sets, expected] of CASES) {
    it(`speak of ${title}`, () => {
      const found = warningsOf(base, ...sets).map((warning) => warning.replace(/^[^ ]*: /, ''));
      assert.deepEqual(found, expected);
    });
  }

  for (const [title, base, sets, expected] of SOUND) {
    it(`do not speak of ${title}`, () => {
      assert.deepEqual(warningsOf(base, ...sets), expected);
    });
  }

  it('say where it is', () => {
    const [warning] = warningsOf(DECODED, 'processors.capture={ strategy: sampling, ratio: 0 }');
    assert.equal(warning, `processors.capture.ratio: ${NOTHING}`);
  });

  it('are said once of a processor of several receivers', () => {
    const second = 'receivers.uds/b={ sockets: [{ upstream: /c }] }';
    const sets = [second, `${METRICS}.receivers=[uds, uds/b]`, 'processors.capture.directions=[send]'];
    assert.equal(warningsOf(DECODED, ...sets).length, 1);
  });
});
