import assert from 'node:assert/strict';
import fc from 'fast-check';
import { attributesOfAnnotations, attributeValue } from '../../../src/identity/sources/attributes.js';

describe('attributesOfAnnotations', () => {
  it('reads those of containerd', () => {
    const attributes = attributesOfAnnotations({
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.sandbox-id': 'abc',
      'io.kubernetes.cri.sandbox-namespace': 'shop',
      'io.kubernetes.cri.sandbox-name': 'web-0',
      'io.kubernetes.cri.sandbox-uid': '1-2',
      'io.kubernetes.cri.container-name': 'web',
      'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1',
    });
    assert.deepEqual(attributes, {
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'web-0',
      'k8s.pod.uid': '1-2',
      'k8s.container.name': 'web',
      'container.image.name': 'docker.io/library/nginx:1',
    });
  });

  it("reads nerdctl's name", () => {
    assert.deepEqual(attributesOfAnnotations({ 'nerdctl/name': 'web' }), { 'container.name': 'web' });
  });

  const CRIO = {
    'io.kubernetes.container.name': 'web',
    'io.kubernetes.pod.name': 'web-0',
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.uid': '1-2',
    'io.kubernetes.cri-o.ImageName': 'quay.io/web:1',
  };

  it('reads those of CRI-O', () => {
    assert.deepEqual(attributesOfAnnotations(CRIO), {
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'web-0',
      'k8s.pod.uid': '1-2',
      'k8s.container.name': 'web',
      'container.image.name': 'quay.io/web:1',
    });
  });

  it("does not count the container that holds a pod's namespaces", () => {
    const attributes = attributesOfAnnotations({ ...CRIO, 'io.kubernetes.container.name': 'POD' });
    assert.equal(attributes['k8s.container.name'], undefined);
    assert.equal(attributes['k8s.pod.name'], 'web-0');
  });

  it('returns nothing for anything else', () => {
    for (const other of [undefined, null, [], 'text', 7, { 'io.kubernetes.pod.name': ['x'] }])
      assert.deepEqual(attributesOfAnnotations(other), {});
  });
});

describe('attributeValue', () => {
  it('makes values printable and cuts them', () => {
    assert.equal(attributeValue('a\nb\u001b[31m'), 'a\\u{a}b\\u{1b}[31m');
    assert.equal(attributeValue('x'.repeat(10_000)), 'x'.repeat(256));
  });

  it('returns nothing for a value that is empty or no string', () => {
    for (const value of [undefined, null, '', 7, {}]) assert.equal(attributeValue(value), undefined);
  });

  it('keeps every text within bounds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const value = attributeValue(text) ?? '';
        assert.ok([...value].length <= 256);
        assert.doesNotMatch(value, /[\p{Cc}\p{Cs}]/u);
      }),
    );
  });
});
