/** Keeps listening sockets for the next process of this agent. */
export interface DescriptorStore {
  /** A socket that an earlier process kept under this name; whoever takes it owns the descriptor. Each only once. */
  take(name: string): number | undefined;
  /** Has the keeper hold a duplicate under this name. Replaces an earlier one of the name. Never throws: a keeper that does not answer is logged. */
  keep(name: string, fd: number): void;
  /** Undoes `take`: the descriptor can be taken again, or by the next process. */
  giveBack(name: string, fd: number): void;
  /** The keeper holds it no more. */
  drop(name: string): void;
  /** Whether anything is kept at all. */
  readonly isKept: boolean;
}

/** Without a keeper nothing outlives the process. */
export const NO_STORE: DescriptorStore = {
  take: () => undefined,
  keep: () => {},
  giveBack: () => {},
  drop: () => {},
  isKept: false,
};
