/** The result of `action`, or undefined if it throws. For callers to whom the reason makes no difference. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
