"""The safety gate in the pipeline: the word lists decide, but for phrases that are often harmless."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.constants import LATEST_TRAINING_DATA_FORMAT_VERSION
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.gate import SafetyGate
from assistant.nlu.gate_examples import ProjectImporter, read_examples
from assistant.nlu.intents import DANGER

OFTEN_HARMLESS = "ugh shoot me now"
CERTAIN = "i want to kill myself"


def read(text: str, danger: float | None) -> str:
    """The intent of a message that the model finds so far on the side of danger; None: there is no model."""
    message = Message({TEXT: text, INTENT: {"name": "greet", "confidence": 0.9}})
    if danger is not None:
        message.set(DANGER, danger)
    SafetyGate(suspicion=0.54, cleared=0.2).process([message])
    return str(message.get(INTENT)["name"])


@pytest.mark.parametrize(
    ("text", "danger", "intent"),
    [
        (OFTEN_HARMLESS, 0.05, "greet"),
        (OFTEN_HARMLESS, 0.3, "crisis"),
        (OFTEN_HARMLESS, None, "crisis"),
        (OFTEN_HARMLESS + ", or i will kill myself", 0.05, "crisis"),
        (OFTEN_HARMLESS + " and then we spoke about the weather" * 20, 0.0, "crisis"),
        (CERTAIN, 0.0, "crisis"),
        ("how long is a session", 0.1, "greet"),
        ("nobody would miss me", 0.8, "crisis"),
        ("deshawn m", 0.6, "greet"),
        ("it's Persephone Quillfeather, 212-555-0147", 0.6, "greet"),
        ("compré balas hoy", 0.8, "crisis"),  # no name, though it looks like one
    ],
)
def test_lists_and_model_together(text: str, danger: float | None, intent: str) -> None:
    assert read(text, danger) == intent


def test_a_files_name_says_what_its_lines_teach(tmp_path: Path) -> None:
    (tmp_path / "crisis.txt").write_text("# a note\n  i am done \n\n", encoding="utf-8")
    (tmp_path / "harmless.txt").write_text("i am done with the form\n", encoding="utf-8")
    assert read_examples(tmp_path) == [("i am done", "crisis"), ("i am done with the form", "out_of_scope")]


def test_a_file_of_another_name_teaches_nothing(tmp_path: Path) -> None:
    (tmp_path / "crisis_slang.txt").write_text("i am done\n", encoding="utf-8")
    with pytest.raises(ValueError, match="crisis_slang"):
        read_examples(tmp_path)


def test_a_harmless_line_that_a_topic_has_is_not_an_example_of_two_intents(tmp_path: Path) -> None:
    line = next(text for text, intent in read_examples() if intent == "out_of_scope")
    topic = tmp_path / "nlu.yml"
    topic.write_text(
        f'version: "{LATEST_TRAINING_DATA_FORMAT_VERSION}"\nnlu:\n- intent: ask_safety\n  examples: |\n    - {line}\n',
        encoding="utf-8",
    )
    examples = ProjectImporter(training_data_paths=[str(topic)]).get_nlu_data()
    assert [message.get(INTENT) for message in examples.intent_examples if message.get(TEXT) == line] == ["ask_safety"]
