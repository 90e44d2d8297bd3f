import type { Configuration } from '../configuration/index.js';
import { captureSettings } from '../processors/capture/settings-of.js';
import type { CaptureSettings } from '../processors/capture/strategies/settings.js';
import type { EnrichSettings } from '../processors/enrich/enrich-channel.js';
import { protocolsOf } from '../protocols/names.js';
import type { UdsSocketConfig } from '../receivers/uds/index.js';
import type { Signal } from '../values/signal.js';

/** How the traffic of one receiver is captured and decoded. */
export interface CapturePlan {
  /** What is captured of a socket; undefined: nothing. */
  capture(socket: Pick<UdsSocketConfig, 'capture' | 'protocol'>): CaptureSettings | undefined;
  readonly enrich: EnrichSettings;
}

/** Reads what is captured where no pipeline decodes it: for clients of the live stream. */
const NOT_DECODED: Omit<EnrichSettings, 'receiver' | 'limits'> = {
  protocols: [],
  methods: { known: [], max: 0 },
  routes: [],
  latency: false,
  payload: 'none',
  spanRatio: 0,
  logs: false,
};

/** The plan for a receiver; undefined when nothing of it is captured. */
export function capturePlan(configuration: Configuration, receiver: string): CapturePlan | undefined {
  const settings = new Map<string, CaptureSettings | undefined>();
  for (const { id, type, config } of configuration.processors.values()) {
    if (type !== 'capture') continue;
    const file = configuration.fileOf(['processors', id, 'module']);
    settings.set(id, captureSettings(id, config, file));
  }
  const own = processorOf(configuration, receiver, 'capture')?.id;
  const enrich = enrichSettings(configuration, receiver);
  const capture: CapturePlan['capture'] = (socket) => {
    const found = settings.get(socket.capture ?? own ?? '');
    const protocols = protocolsOf(socket.protocol, enrich.protocols);
    // What nothing decodes is captured message by message all the same, whatever it speaks.
    return found === undefined || protocols.length === 0 ? found : { ...found, protocols };
  };
  const config = configuration.receivers.get(receiver)?.config;
  if (config === undefined) return undefined;
  const { sockets, client_limits: limits } = config;
  // Sockets that are added at run time are captured as the pipelines say.
  const isCaptured =
    capture({ capture: null, protocol: 'auto' }) !== undefined ||
    sockets.some((socket) => capture(socket) !== undefined);
  if (!isCaptured) return undefined;
  const { methods, pending_calls: pendingCalls } = limits;
  return { capture, enrich: { ...enrich, receiver, limits: { methods, pendingCalls } } };
}

/** Whether a pipeline decodes what it takes from its receivers. */
export function isEnriched(
  configuration: Configuration,
  { processors }: Configuration['pipelines'][number],
): boolean {
  return processors.some((id) => configuration.processors.get(id)?.type === 'enrich');
}

function enrichSettings(
  configuration: Configuration,
  receiver: string,
): Omit<EnrichSettings, 'receiver' | 'limits'> {
  const processor = processorOf(configuration, receiver, 'enrich');
  if (processor?.type !== 'enrich') return NOT_DECODED;
  const { protocols, methods, http, latency, payload, span_ratio } = processor.config;
  const isIn = (wanted: Signal) =>
    configuration.pipelines.some(
      ({ signal, receivers }) => signal === wanted && receivers.includes(receiver),
    );
  const { routes } = http;
  const spanRatio = isIn('traces') ? span_ratio : 0;
  return { protocols, methods, routes, latency, payload, spanRatio, logs: isIn('logs') };
}

/** The processor of a type in the pipelines of a receiver. All pipelines that have one have the same. */
function processorOf(configuration: Configuration, receiver: string, type: 'capture' | 'enrich') {
  return configuration.pipelines
    .filter(({ receivers }) => receivers.includes(receiver))
    .flatMap(({ processors }) => processors.flatMap((id) => configuration.processors.get(id) ?? []))
    .find((processor) => processor.type === type);
}
