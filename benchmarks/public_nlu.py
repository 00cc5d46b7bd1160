"""`make benchmark-nlu`: this very `config.yml` on BANKING77 and CLINC150, beside the published figures.

The data sets are read from a folder that the caller names; they are not in the project. The pipeline's own components
for the clinic (names of conditions, words of danger, several questions) stay in: none of their intents is in the sets.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from pathlib import Path

import structlog

from benchmarks.goals import share
from benchmarks.labelled import Rows, few, read_rows, train_agent
from benchmarks.own_nlu import compare_on_our_questions

_OOS = "oos"
_GIVEN_UP = 0.015
_PUBLISHED = {
    "BANKING77, 10 examples an intent": "USE+ConveRT 85.2, CPFT 87.2, ICDA 89.8",
    "BANKING77, all examples": "USE+ConveRT 93.4, BERT tuned 93.7",
    "CLINC150 in scope, refusals counted as errors": "BERT 96.2, Rasa 90.9 (Larson 2019)",
    "CLINC150 out-of-scope recall": "BERT 52.3, Rasa 31.2 (threshold)",
}


def main() -> None:
    """Run the sets that the command line names and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with banking77/ and clinc150/")
    parser.add_argument("--seeds", type=int, default=5, help="samples of the 10-shot task")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    if not (arguments.data / "banking77" / "train.csv").is_file():
        sys.exit(f"{arguments.data} holds no banking77/train.csv; see README.md, 'Understanding, measured'")
    _banking(arguments.data / "banking77", arguments.seeds)
    _clinc(arguments.data / "clinc150" / "data_full.json")
    compare_on_our_questions()


def _banking(folder: Path, seeds: int) -> None:
    train, test = _read_csv(folder / "train.csv"), _read_csv(folder / "test.csv")
    results = [_accuracy(few(train, seed), test, f"banking10-{seed}") for seed in range(seeds)]
    _row("BANKING77, 10 examples an intent", statistics.mean(results), f"± {statistics.pstdev(results):.1f}")
    _row("BANKING77, all examples", _accuracy(train, test, "banking-all"))


def _clinc(path: Path) -> None:
    sets = json.loads(path.read_text(encoding="utf-8"))
    agent = train_agent([*map(tuple, sets["train"])], "clinc")
    threshold = _threshold(read_rows(agent, sets["val"]))
    known, unknown = read_rows(agent, sets["test"]), read_rows(agent, sets["oos_test"])
    right = share(intent == label and sure >= threshold for label, intent, sure in known)
    refused_known = sum(sure < threshold for _, _, sure in known)
    caught = sum(sure < threshold for _, _, sure in unknown)
    _row("CLINC150 in scope, refusals counted as errors", right)
    _row("CLINC150 out-of-scope recall", 100 * caught / len(unknown))
    _row("CLINC150 out-of-scope precision", 100 * caught / max(caught + refused_known, 1))
    print(f"  (threshold {threshold:.2f}: refuses 1.5 % of the right answers of the validation set; applied once)")


def _threshold(known: list[tuple[str, str, float]]) -> float:
    """The threshold that costs 1.5 % of the right answers to the questions in scope of the validation set."""
    sure = sorted(confidence for label, intent, confidence in known if intent == label)
    return sure[round(_GIVEN_UP * len(sure))]


def _accuracy(train: Rows, test: Rows, name: str) -> float:
    return share(intent == label for label, intent, _ in read_rows(train_agent(train, name), test))


def _read_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def _row(name: str, value: float, spread: str = "") -> None:
    print(f"{name:48} {value:5.1f} % {spread:7} published: {_PUBLISHED.get(name, '–')}", flush=True)


if __name__ == "__main__":
    main()
