"""docs/deployment.md names only what there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from assistant import roles
from tests.conftest import PROJECT_DIR, needs
from tests.test_env_example import example

from .proxy import NAME, TEMPLATE, fill, variables_of

PAGE = (PROJECT_DIR / "docs" / "deployment.md").read_text(encoding="utf-8")
COMPOSE = (PROJECT_DIR / "deploy" / "compose.yaml").read_text(encoding="utf-8")


def test_its_variables_are_read_by_somebody() -> None:
    known = {line.partition("=")[0] for line in example() if line and not line.startswith("#")}
    known |= set(re.findall(r"\$\{(\w+)", COMPOSE)) | variables_of(TEMPLATE.read_text(encoding="utf-8"))
    named = {name for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", PAGE) if not name.endswith("_")}
    assert named - known == set()
    needed = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    assert needed <= set(re.findall(r"\b[A-Z_]+\b", PAGE)), "what compose asks for is on the page"


def test_its_files_exist() -> None:
    named = set(re.findall(r"\bdeploy/[\w./]+\w|\.env\.example", PAGE))
    assert len(named) >= 6
    made = {"deploy/.env", "deploy/web"}  # by the engineer, and by Kubernetes
    assert {name for name in named - made if not (PROJECT_DIR / name).exists()} == set()


def test_its_table_has_every_part() -> None:
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:two|one|once)", PAGE, flags=re.M) == list(roles.ROLES)


@needs(shutil.which("envsubst") is not None, "envsubst: apt-get install gettext-base")
def test_its_envsubst_fills_the_template_and_nothing_of_nginxs_own(tmp_path: Path) -> None:
    (line,) = re.findall(r"^(envsubst .*?) < \S+ > \S+$", PAGE, flags=re.M)
    values = dict.fromkeys(variables_of(TEMPLATE.read_text(encoding="utf-8")), "listen 1;") | {"NGINX_NAME": NAME}
    environment = {**os.environ, **values, "host": "evil", "uri": "evil"}
    result = subprocess.run(
        ["bash", "-c", f"{line} < {TEMPLATE}"], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == fill(TEMPLATE.read_text(encoding="utf-8"), values)
