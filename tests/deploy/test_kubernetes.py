"""The Kubernetes manifests: by the published schemas, by the Pod Security Standards, and by what our parts read."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant import roles
from assistant.channels.table import TABLE
from tests.conftest import PROJECT_DIR
from tests.test_env_example import example

FOLDER = PROJECT_DIR / "deploy" / "kubernetes"
VALIDATE = PROJECT_DIR / "tests/deploy/.venv/bin/kubernetes-validate"
VERSIONS = ("1.30.0", "1.37.0")  # the oldest that clouds still run, and the newest with schemas
BUILD, TEMPLATE = "kustomization.yaml", "secret.template.yaml"
# Of the profile "restricted": the kinds of volumes, and the capabilities that may be added.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != BUILD:
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def of_kind(kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in manifests() if one["kind"] == kind}


def pods() -> dict[str, Manifest]:
    """The pods' templates by the part that they run."""
    return {name: one["spec"]["template"] for kind in ("Deployment", "Job") for name, one in of_kind(kind).items()}


def container(role: str) -> Manifest:
    (only,) = pods()[role]["spec"]["containers"]
    return dict(only)


def matches(selector: Manifest, labels: Manifest) -> bool:
    return selector.get("matchLabels", selector).items() <= labels.items()


@pytest.mark.parametrize("version", VERSIONS)
def test_they_are_what_the_published_schemas_ask_for(version: str) -> None:
    files = [str(path) for path in FOLDER.glob("*.yaml") if path.name != BUILD]
    result = subprocess.run([VALIDATE, "--strict", "-k", version, *files], capture_output=True, text=True)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert "WARN" not in said, said
    assert said.count(" passed ") == len(list(manifests()))


def test_the_schemas_refuse_what_is_wrong(tmp_path: Path) -> None:
    wrong = (FOLDER / "server.yaml").read_text(encoding="utf-8").replace("readinessProbe", "readynessProbe")
    (tmp_path / "server.yaml").write_text(wrong, encoding="utf-8")
    assert subprocess.run([VALIDATE, "--strict", tmp_path / "server.yaml"], capture_output=True).returncode == 1


def test_the_build_takes_every_file_but_the_empty_secret() -> None:
    build = yaml.safe_load((FOLDER / BUILD).read_text(encoding="utf-8"))
    assert {*build["resources"], BUILD, TEMPLATE} == {path.name for path in FOLDER.glob("*.yaml")}
    images = {container(role)["image"].partition(":")[0] for role in pods()}
    assert images == {image["name"] for image in build["images"]}
    assert build["namespace"] in of_kind("Namespace")


def test_every_part_has_its_pod() -> None:
    assert set(pods()) == set(roles.ROLES)
    for role in roles.ROLES:
        assert container(role)["args"] == [role]


@pytest.mark.parametrize("role", roles.ROLES)
def test_pods_need_no_rights(role: str) -> None:
    """The profile "restricted" of the Pod Security Standards, and a root that cannot be written to."""
    spec, one = pods()[role]["spec"], container(role)
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers"} & set(spec)
    assert not any("hostPort" in port for port in one.get("ports", []))
    assert {kind for volume in spec["volumes"] for kind in volume} - {"name"} <= VOLUMES
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"sysctls", "windowsOptions", "seLinuxOptions"} & set(spec["securityContext"])
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert one["resources"]["limits"]["memory"]
    assert set(one["resources"]["requests"]) == {"cpu", "memory"}
    mounted = {mount["mountPath"] for mount in one["volumeMounts"]}
    assert {"/tmp", "/var/lib/assistant"} <= mounted


def test_the_namespace_refuses_pods_that_need_rights() -> None:
    (namespace,) = of_kind("Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_variable_is_one_that_the_project_reads() -> None:
    known = {line.partition("=")[0] for line in example() if line and not line.startswith("#")}
    plain, secret = of_kind("ConfigMap")["assistant"]["data"], of_kind("Secret")["assistant"]["stringData"]
    assert {*plain, *secret} <= known
    assert not set(plain) & set(secret)
    assert set(secret.values()) == {""}, "no secret stands in the project"
    assert {name for abilities in TABLE.values() for name in abilities.variables} <= set(secret)
    hidden = {name for name in known if re.search("KEY|TOKEN|SECRET|SMTP_URL|DATABASE_URL", name)}
    assert hidden <= set(secret)
    # The image sets them, and a value from outside would break its user or its checks.
    assert not {"VAR_DIR", "LISTEN_ADDRESS", "RASA_PORT", "ACTIONS_PORT", "WEB_PORT"} & {*plain, *secret}


@pytest.mark.parametrize("role", roles.ROLES)
def test_all_parts_have_the_same_variables(role: str) -> None:
    sources = container(role)["envFrom"]
    assert sources == [{"configMapRef": {"name": "assistant"}}, {"secretRef": {"name": "assistant"}}]


@pytest.mark.parametrize("role", sorted(roles.PORTS))
def test_probes_and_services_ask_where_the_part_answers(role: str) -> None:
    one, (_, port) = container(role), roles.PORTS[role]
    assert one["ports"] == [{"name": "http", "containerPort": port}]
    assert one["startupProbe"]["httpGet"] == {"path": roles.READY[role], "port": "http"}
    service = of_kind("Service")[role]["spec"]
    assert service["ports"] == [{"name": "http", "port": port, "targetPort": "http"}]
    assert matches(service["selector"], pods()[role]["metadata"]["labels"])
    assert {"readinessProbe", "livenessProbe"} <= set(one)
    start = one["startupProbe"]
    assert start["failureThreshold"] * start["periodSeconds"] >= 120


def test_servers_answer_on_while_the_database_is_out() -> None:
    one = container("server")
    for probe in ("readinessProbe", "livenessProbe"):
        assert one[probe]["httpGet"]["path"] != roles.READY["server"]


@pytest.mark.parametrize("role", sorted(roles.PORTS))
def test_a_part_that_stops_finishes_what_it_does(role: str) -> None:
    spec, one = pods()[role]["spec"], container(role)
    pause = int(one["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pause >= 5
    assert spec["terminationGracePeriodSeconds"] >= pause + 20
    rolling = of_kind("Deployment")[role]["spec"]["strategy"]["rollingUpdate"]
    assert rolling["maxUnavailable"] == 0


@pytest.mark.parametrize("role", sorted(roles.PORTS))
def test_a_machine_that_goes_takes_no_part_away_whole(role: str) -> None:
    labels = pods()[role]["metadata"]["labels"]
    budget = of_kind("PodDisruptionBudget")[role]["spec"]
    assert matches(budget["selector"], labels)
    assert budget["maxUnavailable"] == 1
    spread = pods()[role]["spec"]["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    assert all(matches(one["labelSelector"], labels) for one in spread)
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in of_kind("HorizontalPodAutoscaler").values()}
    fewest = scaled[role]["minReplicas"] if role in scaled else of_kind("Deployment")[role]["spec"]["replicas"]
    assert fewest >= 2
    assert not (role in scaled and "replicas" in of_kind("Deployment")[role]["spec"]), "applying would undo the scaling"


def test_nobody_reaches_anybody_but_as_allowed() -> None:
    policies = {name: one["spec"] for name, one in of_kind("NetworkPolicy").items()}
    everybody = policies.pop("default-deny")
    assert everybody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    names = policies.pop("names")
    assert all(matches(names["podSelector"], pod["metadata"]["labels"]) for pod in pods().values())
    assert set(policies) == set(roles.ROLES)
    for role, policy in policies.items():
        assert matches(policy["podSelector"], pods()[role]["metadata"]["labels"])
        assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    outside = {role for role, policy in policies.items() if "0.0.0.0/0" in str(policy["egress"])}
    assert outside == {"server", "delivery"}
    assert {role for role, policy in policies.items() if "ingress" in policy} == set(roles.PORTS)
    ((callers,),) = [[peer["podSelector"] for peer in rule["from"]] for rule in policies["actions"]["ingress"]]
    assert [role for role, pod in pods().items() if matches(callers, pod["metadata"]["labels"])] == ["server"]


def test_only_public_routes_lead_to_the_servers() -> None:
    (rule,) = of_kind("Ingress")["assistant"]["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    platforms = {f"/webhooks/{name}/webhook" for name in ("twilio", "whatsapp", "messenger", "telegram", "slack")}
    assert {path for path, service in paths.items() if service == "server"} == {"/webhooks/webchat", *platforms}
    assert {path for path, service in paths.items() if service == "web"} == {"/"}
    hosts = {rule["host"], *of_kind("Ingress")["assistant"]["spec"]["tls"][0]["hosts"]}
    assert f"https://{hosts.pop()}" == of_kind("ConfigMap")["assistant"]["data"]["PUBLIC_URL"]
    assert not hosts
