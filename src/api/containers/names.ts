/** Digits of an id that container tools show. */
const SHORT_ID_LENGTH = 12;

/** Shortens an id of 64 hexadecimal digits. Other ids stay whole. */
export function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, SHORT_ID_LENGTH) : id;
}

/** The most specific name that the attributes of a container or host process give. */
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
