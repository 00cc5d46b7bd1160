"""`make check-article`: compares an article with the facts, and names the answers that a change puts in question."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from knowledge.article import Sentence, read_article
from knowledge.facts import Fact, Knowledge, answers_by_fact


@dataclass(frozen=True)
class Comparison:
    """What does not fit between an article and the facts."""

    without_fact: list[Sentence]
    lost: list[Fact]
    to_review: dict[str, set[str]]  # answer → the lost facts that it rests on

    @property
    def complete(self) -> bool:
        return not self.without_fact and not self.lost


def compare(sentences: list[Sentence], knowledge: Knowledge, users: dict[str, set[str]]) -> Comparison:
    """Find the sentences that no fact states, the facts whose sentence is gone, and the answers that use those."""
    stated = {fact.sentence for fact in knowledge.facts} | knowledge.not_statements
    present = {sentence.key for sentence in sentences}
    lost = [fact for fact in knowledge.facts if fact.sentence not in present]
    to_review: dict[str, set[str]] = {}
    for fact in lost:
        for answer in users.get(fact.id, ()):
            to_review.setdefault(answer, set()).add(fact.id)
    return Comparison([sentence for sentence in sentences if sentence.key not in stated], lost, to_review)


def main(arguments: list[str]) -> int:
    """Print the comparison for the article at the given path; 0 if everything fits, else 1."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("Say which article: make check-article ARTICLE=path/to/article.txt", file=sys.stderr)
        return 2
    sentences = read_article(Path(arguments[0]))
    knowledge = Knowledge.load()
    found = compare(sentences, knowledge, answers_by_fact())
    print(
        f"{len(sentences)} sentences, {len(knowledge.facts)} facts, {len(knowledge.not_statements)} sentences set aside"
    )
    print(f"\nSentences without a fact: {len(found.without_fact)}")
    for sentence in found.without_fact:
        print(f"  {sentence.key}  [{sentence.heading or 'Introduction'}] {sentence.text}")
    print(f"Facts that lost their sentence: {len(found.lost)}")
    for fact in found.lost:
        print(f"  {fact.id}  ({fact.sentence}) {fact.text}")
    print(f"Answers to review: {len(found.to_review)}")
    for answer, facts in sorted(found.to_review.items()):
        print(f"  {answer}  ({', '.join(sorted(facts))})")
    if found.complete:
        print("\nFull coverage: every sentence has its fact, every fact its sentence.")
    return 0 if found.complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
