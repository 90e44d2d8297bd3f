import { isMap, type UnknownMap } from '../../values/map.js';
import { printable } from '../../values/printable.js';

/** The longest value of an attribute, in characters. Longer values of the host's files are cut. */
export const MAX_VALUE_LENGTH = 256;

/** Attributes of a container, by semantic convention name. */
export type ContainerAttributes = Readonly<Record<string, string>>;

/** Annotations of containerd's CRI plugin, of CRI-O, and of nerdctl. */
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
  'nerdctl/name': 'container.name',
};

/** All attributes that a container may be known by. */
export const CONTAINER_ATTRIBUTES: readonly string[] = [
  'container.id',
  ...new Set(['container.name', 'container.image.name', ...Object.values(ATTRIBUTE_OF_ANNOTATION)]),
];

/** CRI-O's name for the container that only holds a pod's namespaces. It is not one of the pod's own containers. */
const CRIO_SANDBOX = { annotation: 'io.kubernetes.container.name', value: 'POD' };

/** Makes a value fit for a metric: at most 256 characters, all printable. undefined if it is empty or no string. */
export function attributeValue(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return [...printable(value.slice(0, MAX_VALUE_LENGTH))].slice(0, MAX_VALUE_LENGTH).join('');
}

/** The attributes that OCI annotations give a container. */
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
