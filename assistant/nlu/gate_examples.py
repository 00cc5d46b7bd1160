"""Rasa importer: adds the messages that teach the safety gate alone, which stand in plain lines, to the training data.

Rasa would take most of a minute to read as many from YAML, and a clinician can edit lines.
"""

from __future__ import annotations

from pathlib import Path

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.safety import LISTS
from assistant.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "data" / "safety" / "examples"
HARMLESS = "out_of_scope"  # to the gate it only says that nobody is in danger
TEACHES_GATE = {"teaches": "gate"}  # the metadata of examples that the topics do not learn from


class ProjectImporter(RasaFileImporter):
    """Reads the project as Rasa does, and `data/safety/examples/*.txt` with it."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The training data of YAML files, and the gate's examples."""
        examples: TrainingData = super().get_nlu_data(language)
        topics = {message.get(TEXT) for message in examples.intent_examples}
        # A topic's example tells the gate as well that nobody is in danger; twice would be two intents for one text.
        lines = [line for line in read_examples() if line[1] != HARMLESS or line[0] not in topics]
        return examples.merge(TrainingData([_message(text, intent) for text, intent in lines]))


def read_examples(folder: Path = FOLDER) -> list[tuple[str, str]]:
    """The gate's examples, each with its intent, by the name of its file: a danger, or `harmless`.

    Raises: ValueError for a file of another name, which would teach the wrong thing.
    """
    intents = {**{danger: danger for danger in LISTS}, "harmless": HARMLESS}
    examples = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem not in intents:
            raise ValueError(f"{path}: the name must be one of {', '.join(intents)}")
        lines = path.read_text(encoding="utf-8").splitlines()
        examples += [(line, intents[path.stem]) for line in map(str.strip, lines) if line and line[0] != "#"]
    return examples


def _message(text: str, intent: str) -> Message:
    return Message.build(text, intent, intent_metadata=TEACHES_GATE)
