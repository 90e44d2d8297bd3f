import { printable } from '../values/printable.js';
import { quote } from '../values/quote.js';
import { annotatedPaths } from './annotated-sockets.js';
import type { CommandLine, Creation } from './command-line.js';
import type { Caller } from './container-state.js';
import { PrepareError } from './failure.js';
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

/** Whether the container may be made. The reasons why it is not monitored, if any, have been written to the log. */
export async function prepare({ commandLine, loaded, caller, log }: Preparation): Promise<boolean> {
  const { creation, root } = commandLine;
  const { settings, problems } = loaded;
  if (creation === undefined) return true;
  const failures: string[] = [];
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
      error instanceof PrepareError ? error.message : printable(`a defect of udscope: ${String(error)}`),
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

function judge(failures: readonly string[], { id }: Creation, { fail }: Settings, log: RuntimeLog): boolean {
  const isOpen = fail === 'open';
  const consequence = isOpen
    ? 'is started, but not monitored'
    : 'is not started, as it would not be monitored';
  for (const failure of failures) {
    log.write(isOpen ? 'warning' : 'error', `container ${quote(id)} ${consequence}: ${failure}`);
  }
  return failures.length === 0 || isOpen;
}
