"""Reads a page of OpenMetrics with the strict reader of Prometheus's own library, and prints what it found as JSON."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

families = {}
exemplars = []
for family in text_string_to_metric_families(sys.stdin.read()):
    families[family.name] = {"type": family.type, "unit": family.unit, "samples": len(family.samples)}
    for sample in family.samples:
        if sample.exemplar is not None:
            exemplars.append({"name": sample.name, "value": sample.exemplar.value, **sample.exemplar.labels})
print(json.dumps({"families": families, "exemplars": exemplars}))
