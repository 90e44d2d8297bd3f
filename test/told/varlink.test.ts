import { conversations } from './support/conversation.js';
import { c, json, long, s, times, turn } from './support/steps.js';

const nul = (value: unknown): string => `${json(value)}\0`;

const SUBSCRIBE = 'io.systemd.Resolve.Monitor.SubscribeQueryResults';
const RECORD = 'io.systemd.UserDatabase.GetUserRecord';

describe('what clients of Varlink say is told as they know it', () => {
  conversations({
    'systemd-userdbd: records that there are, and some that there are not': {
      steps: times(20, (i) =>
        turn(
          { method: RECORD, parameters: { userName: `u${i}`, service: 'x' } },
          i % 2 === 0
            ? { parameters: { record: {} } }
            : { error: 'io.systemd.UserDatabase.NoRecordFound', parameters: {} },
          nul,
        ),
      ),
      told: `10 ${RECORD}, 10 ${RECORD} io.systemd.UserDatabase.NoRecordFound`,
    },
    'systemd-userdbd: all users, a reply each, and a call behind them': {
      steps: [
        c(nul({ method: RECORD, parameters: { service: 'io.systemd.Multiplexer' }, more: true })),
        times(5, (i) =>
          s(nul({ parameters: { record: { name: `u${i}`, note: long(700) } }, continues: true })),
        ),
        s(nul({ parameters: { record: {} } })),
        turn({ method: 'org.varlink.service.GetInfo' }, { parameters: { vendor: 'x' } }, nul),
      ],
      told: `1 ${RECORD}, 1 org.varlink.service.GetInfo`,
      ms: [60, 10],
    },
    'systemd-resolved: a subscription, which ends with its connection': {
      steps: [
        c(nul({ method: SUBSCRIBE, more: true })),
        times(5, () => s(nul({ parameters: { state: long(700) }, continues: true }))),
      ],
      told: `1 ${SUBSCRIBE} unknown`,
      ms: [],
      isLate: true,
    },
    'podman: one call, with all members': {
      steps: turn(
        { method: 'io.podman.GetVersion', oneway: false, parameters: {} },
        { parameters: { version: '1' } },
        nul,
      ),
      told: '1 io.podman.GetVersion',
    },
    'calls that are long, one of which nobody answers': {
      steps: [
        times(3, () =>
          turn(
            { method: 'org.example.Store.Put', parameters: { data: long(3000) } },
            { parameters: { data: long(3000) } },
            nul,
          ),
        ),
        c(nul({ method: 'org.example.Store.Note', parameters: { data: long(3000) }, oneway: true })),
        c(nul({ method: 'org.example.Store.Put', parameters: { data: long(3000) } })),
      ],
      told: '3 org.example.Store.Put, 1 org.example.Store.Put no_response, 1 org.example.Store.Note noted',
    },
  });
});
