import type { OpenTarget } from '../text-target.js';
import { configuration } from './configuration.js';
import { containerSpecification } from './container-specification.js';
import { control } from './control.js';
import { controlData } from './control-data.js';
import { handover } from './handover.js';
import { listenVariables } from './listen-variables.js';
import { processes } from './processes.js';
import { protocolTargets } from './protocols.js';
import { savedRegistrations } from './saved-registrations.js';
import { storeMessages } from './store-messages.js';
import { takeoverRecords } from './takeover-records.js';

/** All that reads text from outside, by what `--target` calls it. */
export const TEXT_TARGETS: Readonly<Record<string, OpenTarget>> = {
  'config.json': containerSpecification,
  configuration,
  processes,
  control,
  store: storeMessages,
  listen: listenVariables,
  inventory: savedRegistrations,
  takeovers: takeoverRecords,
  scm: controlData,
  handover,
  ...protocolTargets,
};
