import { useMemo, useRef } from 'preact/hooks';
import type { FlowUsage, MethodUsage } from '../../../../api/usage/schema.js';
import { containerKey } from '../model/subject.js';
import { type Counted, RateWindow, type Recent } from '../model/window.js';
import { type Answer, usePoll } from './use-poll.js';

export interface FlowsAnswer {
  readonly total: number;
  readonly flows: readonly FlowUsage[];
}

export interface MethodsAnswer {
  readonly total: number;
  readonly methods: readonly MethodUsage[];
}

/** A line of a list, with what has come of it in the last minute. */
export interface Row<T> extends Counted {
  readonly of: T;
  readonly recent: Recent | undefined;
}

export interface Rows<T> {
  /** undefined: there is no answer yet. */
  readonly rows: readonly Row<T>[] | undefined;
  readonly total: number;
  readonly refusal: string | undefined;
}

export function useFlows(path: string): Rows<FlowUsage> {
  const { answer, refusal } = usePoll<FlowsAnswer>(path);
  return { ...useRows(path, answer, (value) => value.flows, countedFlow), refusal };
}

export function useMethods(path: string): Rows<MethodUsage> {
  const { answer, refusal } = usePoll<MethodsAnswer>(path);
  return { ...useRows(path, answer, (value) => value.methods, countedMethod), refusal };
}

function useRows<A extends { readonly total: number }, T>(
  path: string,
  answer: Answer<A> | undefined,
  items: (value: A) => readonly T[],
  counted: (item: T) => Counted,
): Omit<Rows<T>, 'refusal'> {
  const window = useRef({ path, rates: new RateWindow() });
  return useMemo(() => {
    if (window.current.path !== path) window.current = { path, rates: new RateWindow() };
    if (answer === undefined) return { rows: undefined, total: 0 };
    const { rates } = window.current;
    const lines = items(answer.value).map((of) => ({ of, ...counted(of) }));
    rates.add(answer.atMs, lines, answer.value.total);
    return {
      rows: lines.map((line) => ({ ...line, recent: rates.of(line.key) })),
      total: answer.value.total,
    };
  }, [path, answer]);
}

function countedFlow({ container, socket, path, counts, calls, durations }: FlowUsage): Counted {
  const { sendBytes, recvBytes } = counts;
  return {
    key: JSON.stringify([container === undefined ? null : containerKey(container), socket, path]),
    counts: { calls: calls.calls, errors: calls.errors, sendBytes, recvBytes },
    durations,
  };
}

function countedMethod({ counts, durations, ...subject }: MethodUsage): Counted {
  const { container, socket, path, protocol, namespace, method, from } = subject;
  return {
    key: JSON.stringify([containerKey(container), socket, path, protocol, namespace, method, from]),
    counts,
    durations,
  };
}
