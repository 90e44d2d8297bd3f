import { isMap, type UnknownMap } from '../../values/map.js';
import { printable } from '../../values/printable.js';

/** The longest value of an attribute, in characters: they go to the metrics. Longer ones of the host's files are cut. */
export const MAX_VALUE_LENGTH = 256;

/** Attributes of a container by their names in the semantic conventions. */
export type ContainerAttributes = Readonly<Record<string, string>>;

/** Annotations of containerd's CRI plugin, and of CRI-O. */
const ATTRIBUTE_OF_ANNOTATION: Readonly<Record<string, string>> = {
  'io.kubernetes.cri.sandbox-namespace': 'k8s.namespace.name',
  'io.kubernetes.cri.sandbox-name': 'k8s.pod.name',
  'io.kubernetes.cri.sandbox-uid': 'k8s.pod.uid',
  'io.kubernetes.cri.container-name': 'k8s.container.name',
  'io.kubernetes.cri.image-name': 'container.image.name',
  'io.kubernetes.pod.namespace': 'k8s.namespace.name',
  'io.kubernetes.pod.name': 'k8s.pod.name',
  'io.kubernetes.pod.uid': 'k8s.pod.uid',
  'io.kubernetes.container.name': 'k8s.container.name',
  'io.kubernetes.cri-o.ImageName': 'container.image.name',
};

/** What CRI-O calls the container that only holds a pod's namespaces. It is none of the pod's own. */
const CRIO_SANDBOX = { annotation: 'io.kubernetes.container.name', value: 'POD' };

/** A value fit for a metric: at most 256 characters, all of them printable. undefined: it says nothing. */
export function attributeValue(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return [...printable(value.slice(0, MAX_VALUE_LENGTH))].slice(0, MAX_VALUE_LENGTH).join('');
}

/** What the annotations of an OCI specification say about a container. */
export function attributesOfAnnotations(annotations: unknown): ContainerAttributes {
  const attributes: Record<string, string> = {};
  const map: UnknownMap = isMap(annotations) ? annotations : {};
  for (const [annotation, attribute] of Object.entries(ATTRIBUTE_OF_ANNOTATION)) {
    const value = Object.hasOwn(map, annotation) ? attributeValue(map[annotation]) : undefined;
    if (value === undefined) continue;
    if (annotation === CRIO_SANDBOX.annotation && value === CRIO_SANDBOX.value) continue;
    attributes[attribute] ??= value;
  }
  return attributes;
}
