/**
 * What is against the rules of the house at present. An entry that is not needed any more fails the test, and is taken
 * out; none is added without a reason beside it.
 */
export const EXCEPTIONS: { readonly imports: readonly string[]; readonly circles: readonly string[] } = {
  /** `FILE imports FILE` */
  imports: [
    'src/configuration/components.ts imports src/receivers/uds/config-checks.ts',
    'src/configuration/components.ts imports src/receivers/uds/config.ts',
    'src/configuration/validate-places.ts imports src/receivers/uds/config-checks.ts',
    'src/service/embedded-relay.ts imports src/receivers/uds/config.ts',
    'src/service/embedded-relay.ts imports src/receivers/uds/instruments.ts',
    'src/service/embedded-relay.ts imports src/receivers/uds/receiver.ts',
    'src/index.ts imports src/receivers/uds/sockets/socket-credentials.ts',
    'src/monitor/instruments.ts imports src/receivers/uds/counters.ts',
    'src/monitor/instruments.ts imports src/receivers/uds/instruments.ts',
    'src/monitor/monitored-socket.ts imports src/receivers/uds/counters.ts',
    'src/service/agent-controller.ts imports src/receivers/uds/config.ts',
    'src/service/service.ts imports src/receivers/uds/sockets/hop-book.ts',
    'src/service/capture-plan.ts imports src/receivers/uds/config.ts',
    'src/service/running-receiver.ts imports src/receivers/uds/config.ts',
    'src/service/running-receiver.ts imports src/receivers/uds/containers/container-sockets.ts',
    'src/service/running-receiver.ts imports src/receivers/uds/control.ts',
    'src/service/running-receiver.ts imports src/receivers/uds/instruments.ts',
    'src/service/running-receiver.ts imports src/receivers/uds/receiver.ts',
    'src/service/running-receiver.ts imports src/receivers/uds/sockets/relayed-socket.ts',
    'src/service/service.ts imports src/receivers/uds/receiver.ts',
    'src/service/start-error.ts imports src/receivers/uds/sockets/socket-credentials.ts',
  ],
  /** Files of a circle, in order. */
  circles: [
    'src/processors/enrich/enrich-channel.ts, src/processors/enrich/enrich-thread.ts',
    'src/receivers/uds/pool/pool-settings.ts, src/receivers/uds/receiver.ts, src/receivers/uds/sockets/check-strategies.ts',
    'src/receivers/uds/relay/flows.ts, src/receivers/uds/relay/listener.ts',
    'src/receivers/uds/sockets/client-series.ts, src/receivers/uds/sockets/held-series.ts',
  ],
};
