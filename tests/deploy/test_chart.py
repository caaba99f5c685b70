"""
The Helm chart, rendered by Helm's own library and validated against Kubernetes' schemas. `make check-deploy` runs this
in an environment of its own: both packages are large.
"""

from pathlib import Path
from typing import Any

import pytest

helm = pytest.importorskip("helm_python", reason="`make check-deploy` has helm-python-sdk")
kubernetes = pytest.importorskip("kubernetes_validate", reason="`make check-deploy` has kubernetes-validate")
yaml = pytest.importorskip("yaml")

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "asset-gateway"
VERSIONS = ("1.27", "1.33")
#: Kinds of others' operators, which Kubernetes has no schema of.
FOREIGN = {"ServiceMonitor"}

ALL = {
    "image": {"digest": "sha256:" + "0" * 64},
    "workers": 2,
    "envSecrets": ["gateway-sources"],
    "fileSecrets": ["vendors"],
    "env": {"GATEWAY_CACHE__URL": "valkey://valkey:6379/0"},
    "autoscaling": {"enabled": True},
    "tables": {"existingClaim": "tables"},
    "serviceMonitor": {"enabled": True, "keySecret": {"name": "prometheus", "key": "key"}},
    "networkPolicy": {
        "enabled": True,
        "from": [{"podSelector": {}}],
        "to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
    },
    "imagePullSecrets": [{"name": "registry"}],
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
}


def rendered(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The objects of the chart with these values, by kind."""
    with helm.Chart.load(CHART) as chart:
        output = chart.render(values, name="it", namespace="assets")
    texts = [text for path, text in output.items() if path.endswith(".yaml")]
    objects = [found for text in texts for found in yaml.safe_load_all(text) if found]
    return {found["kind"]: found for found in objects}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "values", [{}, ALL, {"networkPolicy": {"enabled": True}}], ids=["default", "all", "open"]
)
def test_every_object_is_valid(values: dict[str, Any], version: str) -> None:
    for kind, found in rendered(values).items():
        assert found["metadata"]["name"] == "it-asset-gateway"
        if kind not in FOREIGN:
            kubernetes.validate(found, version, strict=True)


def test_what_is_in_it() -> None:
    basic = {"ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"}
    assert set(rendered({})) == basic
    assert set(rendered(ALL)) == basic | {"HorizontalPodAutoscaler", "NetworkPolicy", "ServiceMonitor"}


def test_a_pod_is_locked_down_and_told_of_its_end() -> None:
    spec = rendered(ALL)["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["image"].endswith("@sha256:" + "0" * 64)
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert spec["terminationGracePeriodSeconds"] >= float(variables["GATEWAY_DRAIN_SECONDS"]) + 25
    assert {probe: container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")} == {
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in spec["volumes"]}


def test_a_monitor_needs_a_key() -> None:
    with pytest.raises(helm.HelmError, match="a key for Prometheus"):
        rendered({"serviceMonitor": {"enabled": True}})


def test_helm_finds_nothing_to_criticise() -> None:
    assert [message for message in helm.lint(CHART, ALL)["messages"] if message["severity"] > 1] == []
