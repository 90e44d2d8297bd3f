import { printable } from '../values/printable.js';
import { quote } from '../values/quote.js';
import { annotatedPaths } from './annotated-sockets.js';
import type { CommandLine, Creation } from './command-line.js';
import type { Caller } from './container-state.js';
import { type Failure, PrepareError } from './failure.js';
import { REWRITE_RECORD } from './rewrite-record.js';
import type { RuntimeLog } from './runtime-log.js';
import type { LoadedSettings, Settings } from './settings.js';
import { readSpecification, type Specification } from './specification.js';
import { SpecificationFile } from './specification-file.js';

/*
 * Before a container is made, the agent makes relay sockets for the sockets that its annotation names, and its specification is
 * rewritten so that the relay sockets are mounted. A container without the annotation is left alone, whatever state the
 * wrapper or the agent is in.
 */

export interface Preparation {
  readonly commandLine: CommandLine;
  readonly loaded: LoadedSettings;
  readonly caller: Caller;
  readonly log: RuntimeLog;
}

/** They say `sandbox` of a container that holds the namespaces of a pod. It has the pod's annotations, and none of its mounts. */
const CONTAINER_TYPE_KEYS = ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'];

/** Of a text in a report, in characters: escaped as JSON, two of them have room in it. */
const MAX_WHY_LENGTH = 300;

/** Whether the container may be made. The reasons why it is not monitored, if any, have been written to the log. */
export async function prepare({ commandLine, loaded, caller, log }: Preparation): Promise<boolean> {
  const { creation, root } = commandLine;
  const { settings, problems } = loaded;
  if (creation === undefined) return true;
  const failures: Failure[] = [];
  try {
    const file = SpecificationFile.read(creation.bundle, creation.specification);
    const specification = readSpecification(file.text, file.path);
    const paths = monitoredPaths(specification, settings);
    if (paths.length === 0 && specification.annotations[REWRITE_RECORD] === undefined) return true;
    // Most containers are not monitored, and loading the module takes longer than reading the specification.
    const { mountRelays } = await import('./mount-relays.js');
    const mounted = await mountRelays({
      creation,
      root,
      specification,
      problems,
      paths,
      settings,
      caller,
    });
    failures.push(...mounted.failures);
    if (failures.length === 0 || settings.fail === 'open') file.replace(mounted.text);
  } catch (error) {
    failures.push(
      error instanceof PrepareError
        ? error
        : { reason: '_OTHER', message: printable(`a defect of udscope: ${String(error)}`) },
    );
  }
  return judge(failures, creation, settings, log);
}

/** The paths to monitor in a container, by its annotation; none in a pod's sandbox. */
function monitoredPaths({ annotations }: Specification, { annotation }: Settings): string[] {
  return CONTAINER_TYPE_KEYS.some((key) => annotations[key] === 'sandbox')
    ? []
    : annotatedPaths(annotations, annotation);
}

async function judge(
  failures: readonly Failure[],
  creation: Creation,
  settings: Settings,
  log: RuntimeLog,
): Promise<boolean> {
  if (failures.length === 0) return true;
  const isOpen = settings.fail === 'open';
  const consequence = isOpen
    ? 'is started, but not monitored'
    : 'is not started, as it would not be monitored';
  for (const { message } of failures) {
    log.write(isOpen ? 'warning' : 'error', `container ${quote(creation.id)} ${consequence}: ${message}`);
  }
  if (isOpen) await tellAgent(failures, creation, settings, log);
  return isOpen;
}

/** The agent counts a container once, however many of its sockets are not monitored. */
async function tellAgent(
  failures: readonly Failure[],
  { id }: Creation,
  settings: Settings,
  log: RuntimeLog,
): Promise<void> {
  const failure = failures.find(({ reason }) => reason !== undefined);
  if (failure?.reason === undefined) return;
  try {
    const { leaveReport } = await import('./unmonitored-report.js');
    const why = failure.message.slice(0, MAX_WHY_LENGTH);
    leaveReport({ reason: failure.reason, container: id.slice(0, MAX_WHY_LENGTH), why }, settings);
  } catch (error) {
    log.write('warning', `the agent does not learn of it: ${printable(String(error))}`);
  }
}
