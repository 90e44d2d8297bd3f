/** The result, or undefined when it throws: whatever the file system or the parser says, there is nothing to know. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
