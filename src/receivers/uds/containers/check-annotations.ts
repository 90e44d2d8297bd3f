import { type ContainerRequest, ControlError } from '../../../api/agent.js';
import { quote } from '../../../values/quote.js';

/**
 * What an annotation means is decided by the runtime wrapper. A request that still has it would leave its sockets unrelayed
 * without a word. @throws ControlError
 */
export function checkAnnotations({ annotations }: ContainerRequest, key: string): void {
  const found = Object.keys(annotations).find((name) => name === key || name.startsWith(`${key}.`));
  if (found === undefined) return;
  throw new ControlError(
    422,
    `the annotation ${quote(found)} is for udscope-runtime to read; send the sockets that it names, and leave it out`,
  );
}
