"""`make sbom`: what the assistant is made of, as CycloneDX JSON in `var/sbom.json`, from the lock files alone.

The same lock files give the same bytes, so that two releases can be compared.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import uuid
from typing import Any
from urllib.parse import quote

from assistant.settings import var_dir
from security.lock import LOCK, Package, read_lock

PROJECT = LOCK.parent
NPM_LOCKS = ("widget/package-lock.json", "tests/widget/package-lock.json", "benchmarks/widgets/package-lock.json")
_ROOT = "soft-reboot-assistant"


def main() -> int:
    """Write the file, and say where."""
    path = var_dir() / "sbom.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    bill = bill_of_materials()
    path.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {len(bill['components'])} components")
    return 0


def bill_of_materials() -> dict[str, Any]:
    """The bill, as CycloneDX 1.6 has it."""
    packages = read_lock()
    components = [_python(one) for one in packages]
    shipped = {component["bom-ref"]: component for path in NPM_LOCKS for component in _npm(path)}
    edges = [{"ref": one.purl, "dependsOn": _refs(one, packages)} for one in packages]
    tops = sorted(one.purl for one in packages if not any(one.name in other.needs for other in packages))
    sources = [LOCK, *(PROJECT / name for name in NPM_LOCKS)]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": _ROOT, "name": _ROOT}},
        "components": [*components, *(shipped[ref] for ref in sorted(shipped))],
        "dependencies": [{"ref": _ROOT, "dependsOn": tops}, *edges],
    }


def _python(package: Package) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "scope": "required" if package.is_shipped else "excluded",
        "hashes": [{"alg": "SHA-256", "content": one} for one in package.hashes],
    }


def _refs(package: Package, packages: list[Package]) -> list[str]:
    return [one.purl for one in packages if one.name in package.needs]


def _npm(path: str) -> list[dict[str, Any]]:
    """Packages of npm: they build and try the chat widget, and none of them reaches a visitor."""
    entries: dict[str, dict[str, Any]] = json.loads((PROJECT / path).read_text(encoding="utf-8"))["packages"]
    found = []
    for place, entry in entries.items():
        name = place.rpartition("node_modules/")[2]
        if not name or "version" not in entry:
            continue
        purl = f"pkg:npm/{quote(name)}@{entry['version']}"
        component = {"type": "library", "bom-ref": purl, "name": name, "version": entry["version"], "purl": purl}
        found.append({**component, "scope": "excluded", "hashes": _integrity(str(entry.get("integrity", "")))})
    return found


def _integrity(text: str) -> list[dict[str, str]]:
    algorithm, _, encoded = text.partition("-")
    if algorithm != "sha512":
        return []
    return [{"alg": "SHA-512", "content": base64.b64decode(encoded.split()[0]).hex()}]


if __name__ == "__main__":
    sys.exit(main())
