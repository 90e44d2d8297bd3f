/** A mount of a container, as its OCI specification has it. */
export interface ContainerMount {
  readonly destination: string;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
  readonly options?: readonly string[] | undefined;
}

/** Whether a mount shows the container something of the host. */
export function isBind({ type, options = [] }: ContainerMount): boolean {
  return type === 'bind' || options.includes('bind') || options.includes('rbind');
}
