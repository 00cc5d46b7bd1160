"""`deploy/compose.yaml`, as Docker Compose itself reads it: who may do what, who reaches whom, what must be set."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant import roles
from tests.conftest import PROJECT_DIR
from tests.test_env_example import example

FILE = PROJECT_DIR / "deploy" / "compose.yaml"
COMPOSE = PROJECT_DIR / "tests/deploy/.venv/compose/bin/docker-compose"
NEEDED = {
    **{"POSTGRES_PASSWORD": "a-password", "ACTIONS_TOKEN": "a-token", "NGINX_NAME": "assistant.clinic.example"},
    **{f"{name}_KEY": f"key-of-{name}" for name in ("BOOKINGS", "CHANNELS", "CONVERSATIONS", "STAFF", "WEBCHAT")},
    **{"TLS_CERTIFICATE": "./certificate.pem", "TLS_KEY": "./key.pem"},
}
OURS = set(roles.ROLES)


def read(folder: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What Docker Compose makes of the file with these settings."""
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    command = [str(COMPOSE), "-f", str(FILE), "--project-directory", str(folder), "config", "--format", "json"]
    return subprocess.run(command, env={"HOME": str(folder), "PATH": "/usr/bin"}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    result = read(tmp_path_factory.mktemp("compose"), NEEDED)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return dict(json.loads(result.stdout))


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_it_does_not_start_without_what_it_needs(name: str, tmp_path: Path) -> None:
    for missing in ({key: value for key, value in NEEDED.items() if key != name}, {**NEEDED, name: ""}):
        result = read(tmp_path, missing)
        assert result.returncode != 0
        assert name in result.stderr


def test_the_parts_are_those_of_the_image(project: dict[str, Any]) -> None:
    services = project["services"]
    assert set(services) >= OURS | {"nginx", "postgres"}
    for role in OURS:
        assert services[role]["command"] == [role]
        assert services[role]["image"] == services["server"]["image"]
    assert services["server"]["deploy"]["replicas"] >= 2


def test_no_container_has_rights_or_writes_to_its_root(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"cap_add", "privileged", "network_mode", "pid", "ipc", "devices"} & set(service), name
        assert name in OURS or service["user"].partition(":")[0] not in ("", "0", "root"), name
        assert int(service["mem_limit"]) > 0, name
        assert service["pids_limit"] > 0, name


def test_only_nginx_is_reached_from_outside(project: dict[str, Any]) -> None:
    services, networks = project["services"], project["networks"]
    assert [name for name, service in services.items() if service.get("ports")] == ["nginx"]
    open_networks = {name for name, network in networks.items() if not network.get("internal")}
    assert {name for name, service in services.items() if open_networks & set(service["networks"])} == {
        *("nginx", "server", "delivery"),
    }
    inside = {name: {who for who, service in services.items() if name in service["networks"]} for name in networks}
    assert inside["actions"] == {"server", "actions"}
    assert inside["front"] == {"nginx", "server", "web"}
    assert inside["data"] == {"postgres", *OURS}
    assert not inside["outside"] & inside["internet"]


def test_every_container_says_whether_it_is_well(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        check = service["healthcheck"]
        if name == "migrate":
            assert check["disable"] is True
        elif name in OURS:
            assert check["test"][-2:] == ["check", name]
        else:
            assert check["test"][0] == "CMD"
    waits = project["services"]["server"]["depends_on"]
    assert waits["migrate"]["condition"] == "service_completed_successfully"
    assert waits["postgres"]["condition"] == "service_healthy"


def test_variables_are_those_that_the_project_reads(project: dict[str, Any]) -> None:
    named = set(yaml.safe_load(FILE.read_text(encoding="utf-8"))["x-environment"])
    known = {line.partition("=")[0] for line in example() if line and not line.startswith("#")}
    assert named <= known
    for role in OURS:
        environment = project["services"][role]["environment"]
        assert environment["DATABASE_URL"] == "postgresql://assistant:a-password@postgres/assistant"
        assert environment["TRUSTED_PROXIES"] == "1"
        assert {environment[variable] for variable, _ in roles.PORTS.values()} == {"5005", "5055", "8080"}


def test_secrets_of_others_images_are_files(project: dict[str, Any]) -> None:
    services = project["services"]
    for name in set(services) - OURS:
        assert not {"a-password", *(NEEDED[key] for key in NEEDED if key.endswith("_KEY") and key != "TLS_KEY")} & set(
            services[name].get("environment", {}).values()
        )
    assert {secret["source"] for secret in services["nginx"]["secrets"]} == {"tls_certificate", "tls_key"}
    assert {secret["source"] for secret in services["postgres"]["secrets"]} == {"postgres_password"}


def test_images_have_versions(project: dict[str, Any]) -> None:
    for service in project["services"].values():
        _, _, tag = service["image"].rpartition(":")
        assert tag[0].isdigit()
        assert "." in tag


def test_words_of_visitors_do_not_stay_in_temporary_files(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        if name in OURS | {"nginx", "postgres"}:
            assert any(path.startswith("/tmp:") for path in service["tmpfs"]), name
