/** Of an id, as the tools of containers show it. */
const SHORT_ID_LENGTH = 12;

/** An id as short as people know it, when it is one that nobody reads to its end. */
export function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, SHORT_ID_LENGTH) : id;
}

/** What a container, or a process of the host, is called: the most that its attributes tell. */
export function displayName(attributes: Readonly<Record<string, string>>): string {
  const pod = ['k8s.namespace.name', 'k8s.pod.name', 'k8s.container.name'].flatMap(
    (key) => attributes[key] ?? [],
  );
  if (pod.length > 0) return pod.join('/');
  const name = attributes['container.name'];
  if (name !== undefined) return name;
  const executable = attributes['process.executable.name'];
  return executable === undefined ? '-' : `host: ${executable}`;
}
