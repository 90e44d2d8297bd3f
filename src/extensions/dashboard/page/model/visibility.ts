/** What a tab says of itself: the document. */
export interface Tab extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly hidden: boolean;
}

const CHANGE = 'visibilitychange';

/** Resolves when the tab is seen, or `signal` is aborted. */
export async function untilVisible(tab: Tab, signal: AbortSignal): Promise<void> {
  if (!tab.hidden || signal.aborted) return;
  const done = new AbortController();
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!tab.hidden || signal.aborted) resolve();
    };
    tab.addEventListener(CHANGE, look, { signal: done.signal });
    signal.addEventListener('abort', look, { signal: done.signal });
  });
  done.abort();
}

/** Does something for as long as the tab is seen, or has been hidden for less than `graceMs`, and `signal` is not aborted. */
export async function whileVisible<T>(
  { tab, graceMs, signal }: { readonly tab: Tab; readonly graceMs: number; readonly signal: AbortSignal },
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const done = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (tab.hidden) timer = setTimeout(() => ended.abort(), graceMs);
  };
  tab.addEventListener(CHANGE, look, { signal: done.signal });
  signal.addEventListener('abort', () => ended.abort(), { signal: done.signal });
  look();
  if (signal.aborted) ended.abort();
  try {
    return await action(ended.signal);
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}
