"""Our pipeline beside the one that `rasa init` writes, on our held-out questions, trained on the same examples.

Ten examples an intent: with all of them, the stock pipeline's neural network would train for hours.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from assistant.settings import PROJECT_DIR, var_dir
from benchmarks.goals import share
from benchmarks.labelled import Rows, few, read_rows, train_agent
from benchmarks.questions import read_questions
from benchmarks.single import REFUSED

# What `rasa init` of Rasa 3.6 leaves out of config.yml and Rasa fills in, without the entities' part.
_STOCK = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True, "entity_recognition": False},
]


def compare_on_our_questions() -> None:
    """Train both on ten examples of each intent and print how many held-out questions each understands."""
    train = few(_our_examples(), seed=0)
    intents = {intent for _, intent in train} - REFUSED
    kinds = {"covered", "not_covered", "talk"}
    test = [(q.text, q.intent) for q in read_questions() if q.kind in kinds and q.intent in intents]
    for name, config in (("this pipeline", PROJECT_DIR / "config.yml"), ("rasa init", _stock_config())):
        agent = train_agent(train, f"own10-{name.replace(' ', '-')}", config)
        right = share(intent == label for label, intent, _ in read_rows(agent, test))
        print(f"our {len(test)} questions, 10 examples an intent: {name:14} {right:5.1f} %", flush=True)


def _our_examples() -> Rows:
    nlu = yaml.safe_load((PROJECT_DIR / "data" / "nlu.yml").read_text(encoding="utf-8"))["nlu"]
    return [(line[2:].strip(), entry["intent"]) for entry in nlu for line in entry["examples"].splitlines()]


def _stock_config() -> Path:
    path = var_dir() / "benchmark-nlu" / "rasa-init.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    stock = {"recipe": "default.v1", "language": "en", "pipeline": _STOCK}
    path.write_text(yaml.safe_dump(stock), encoding="utf-8")
    return path
