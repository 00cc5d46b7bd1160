"""Leaves out of a server's start what this assistant has no use for: seconds that visitors would wait after a crash.

- TensorFlow, which Rasa imports with its own classifiers and policies, and the libraries of its own channels, of plots
  and of questions in a terminal: `config.yml` and `credentials.yml` name nothing that needs them. While Rasa is
  imported, stand-ins take their place: classes to inherit from, which refuse to be used. From then on it is as if they
  were not installed.
- The check of the model's domain against Rasa's schema, and a second pass through its archive: the model is loaded only
  if it is the very file that was made and checked here (`assistant/model_guard.py`).
- The collector of unused objects, which looks through all that was ever loaded, again and again, and finds nothing.
"""

from __future__ import annotations

import gc
import importlib
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_LEFT_OUT = frozenset(
    """
    tensorflow tensorflow_addons tensorflow_hub tensorflow_text keras
    aiogram fbmessenger mattermostwrapper rocketchat_API webexteamssdk
    matplotlib questionary prompt_toolkit
    """.split()
)
# What names them at its import, of all that a server needs; the command line included.
_RASA = ("rasa.__main__", "rasa.core.agent", "rasa.engine.recipes.default_components")


class NotLoaded(RuntimeError):
    """Something of Rasa used what a server leaves out; the text says what."""


def import_rasa() -> None:
    """Import Rasa without all that. Call it before anything else imports Rasa, and guard the models at once."""
    gc.disable()
    with _stand_ins():
        for module in _RASA:
            importlib.import_module(module)
    from rasa.engine.storage import local_model_storage
    from rasa.shared.core.domain import Domain
    from rasa.shared.utils import validation
    from rasa.utils.tensorflow import environment

    environment.setup_tf_environment = lambda: None
    validation.validate_yaml_schema = lambda *_, **__: None
    Domain.from_directory = classmethod(lambda cls, folder: cls.from_file(Path(folder) / "domain.yml"))
    local_model_storage.TarSafe = _Archive


class _Archive(tarfile.TarFile):
    """Unpacks a model, and nothing outside its folder: each member is looked at on its way."""

    extraction_filter = staticmethod(tarfile.data_filter)


def loaded() -> None:
    """Collect unused objects again, but never among those that are there now: they stay as long as the process."""
    gc.freeze()
    gc.enable()


@contextmanager
def _stand_ins() -> Iterator[None]:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in (*filter(finder.makes, list(sys.modules)), *_LEFT_OUT):
            sys.modules[name] = None  # type: ignore[assignment] # Python's own sign for "there is no such module"


class _StandIn(type):
    """A class that is only inherited from or named; so are its attributes."""

    def __getattr__(cls, name: str) -> Any:
        return _attribute(cls, name, cls.__qualname__)


class _Module(ModuleType):
    """A module whose attributes are such classes."""

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name, self.__name__)


def _attribute(owner: object, name: str, of: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    made = _StandIn(f"{of}.{name}", (), {"__new__": _refuse})
    setattr(owner, name, made)
    return made


def _refuse(cls: type, *_: Any, **__: Any) -> Any:
    raise NotLoaded(f"{cls.__qualname__} was used, but a server does not load it")


class _Finder(MetaPathFinder, Loader):
    """Finds the stand-ins."""

    def makes(self, name: str) -> bool:
        return name.partition(".")[0] in _LEFT_OUT

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if self.makes(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""
