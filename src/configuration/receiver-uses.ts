import type { CaptureProcessorConfig } from '../processors/capture/config.js';
import type { EnrichProcessorConfig } from '../processors/enrich/config.js';
import type { UdsReceiverConfig } from '../receivers/uds/index.js';
import type { Path } from '../values/finding.js';
import type { Signal } from '../values/signal.js';
import type { WrittenPipeline } from './pipelines.js';
import type { ParsedComponent } from './validate-components.js';

/** A component whose schema has accepted it. */
export interface Accepted<Config> {
  readonly id: string;
  readonly path: Path;
  readonly config: Config;
}

/** A capture processor where it is named: by a pipeline, or by a socket. */
export interface CaptureUse extends Accepted<CaptureProcessorConfig> {
  readonly at: Path;
  /** Whether something decodes what it captures there. */
  readonly isDecoded: boolean;
}

/** How the pipelines use a receiver. */
export interface ReceiverUse {
  readonly receiver: Accepted<UdsReceiverConfig>;
  /** What its sockets are captured by, those that are added at run time included. */
  readonly captures: readonly CaptureUse[];
  readonly enrich: Accepted<EnrichProcessorConfig> | undefined;
  /** Ids of the pipelines that make spans of its calls, and of those that make log records. */
  readonly traces: readonly string[];
  readonly logs: readonly string[];
}

/**
 * The receivers that are used, each with what all of its pipelines make of it. `isControlled`: sockets may be added at run
 * time.
 */
export function receiverUses(
  parsed: readonly ParsedComponent[],
  pipelines: readonly WrittenPipeline[],
  isControlled: boolean,
): ReceiverUse[] {
  return parsed
    .filter(({ kind, used }) => kind === 'receivers' && used)
    .flatMap((each) => accepted<UdsReceiverConfig>(each))
    .map((receiver) => useOf(receiver, parsed, pipelines, isControlled));
}

function useOf(
  receiver: Accepted<UdsReceiverConfig>,
  parsed: readonly ParsedComponent[],
  pipelines: readonly WrittenPipeline[],
  isControlled: boolean,
): ReceiverUse {
  const its = pipelines.filter(({ receivers }) => receivers.some(({ id }) => id === receiver.id));
  const processors = its.flatMap((pipeline) => pipeline.processors);
  const referenceTo = (type: string) => processors.find((processor) => processor.type === type);
  const find = <Config>(type: string, id: string | undefined) =>
    parsed
      .filter((each) => each.kind === 'processors' && each.type === type && each.id === id)
      .flatMap((each) => accepted<Config>(each));
  const [enrich] = find<EnrichProcessorConfig>('enrich', referenceTo('enrich')?.id);
  const common = referenceTo('capture');
  const commonly = receiver.config.sockets.filter(({ capture }) => capture === null);
  const isSpoken = isControlled || commonly.some(({ protocol }) => protocol !== 'none');
  const named = [
    ...(common !== undefined && (isControlled || commonly.length > 0)
      ? [{ ...common, isDecoded: isSpoken && enrich !== undefined }]
      : []),
    ...capturesOfSockets(receiver).map((own) => ({
      ...own,
      isDecoded: own.isSpoken && enrich !== undefined,
    })),
  ];
  const captures = named.flatMap(({ id, at, isDecoded }) =>
    find<CaptureProcessorConfig>('capture', id).map((capture) => ({ ...capture, at, isDecoded })),
  );
  const idsOf = (wanted: Signal) => its.filter(({ signal }) => signal === wanted).map(({ id }) => id);
  return { receiver, captures, enrich, traces: idsOf('traces'), logs: idsOf('logs') };
}

/** The capture processors that sockets name themselves. */
function capturesOfSockets({ path, config }: Accepted<UdsReceiverConfig>) {
  return config.sockets.flatMap(({ capture, protocol }, index) => {
    const at = [...path, 'sockets', index, 'capture'];
    return capture === null ? [] : [{ id: capture, at, isSpoken: protocol !== 'none' }];
  });
}

function accepted<Config>({ id, path, config }: ParsedComponent): Accepted<Config>[] {
  // The type of a component names its schema, and `config` is the output of that.
  return config === undefined ? [] : [{ id, path, config: config as Config }];
}
