import { RECV, SEND } from '../../../src/protocols/direction.js';
import { grpc } from '../../../src/protocols/grpc/protocol.js';
import { conformsToProtocol, type SampleMessage } from '../conformance.js';
import { ask, data, opened, PREFACE, refused, settings, trailers } from './wire.js';

const turn = (asked: Buffer[], answered: Buffer[]): SampleMessage[] => [
  { direction: SEND, units: asked },
  { direction: RECV, units: answered },
];
const METHOD = '/runtime.v1.RuntimeService/Version';

conformsToProtocol(grpc, [
  {
    name: 'calls',
    messages: [
      ...turn([PREFACE, settings(), ask(1, METHOD)], [settings(), opened(1), data(1), trailers(1)]),
      ...turn([ask(3, METHOD)], [refused(3, '5', { 'grpc-message': 'no such thing' })]),
      ...turn([ask(5, '/a.B/C')], [opened(5), data(5, 90), data(5, 0), trailers(5, '13')]),
      ...turn([ask(7, METHOD)], [opened(7), trailers(7, '0', { a: 'b' })]),
    ],
  },
]);
