/**
 * Whether output has colours: never when NO_COLOR is set to anything but an empty string (https://no-color.org), else as
 * FORCE_COLOR says, else on a terminal that understands them.
 */
export function wantsColours(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced, TERM: terminal } = env;
  if (none) return false;
  if (forced) return forced !== '0' && forced !== 'false';
  return isTerminal && terminal !== 'dumb';
}
