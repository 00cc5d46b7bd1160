"""Finds lessons that teach as one topic what already stands as another: no question that is held out need show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_ALIKE = 0.8  # cosine of two sentence vectors that say much the same
_NEARER = 0.2  # by how much more it is like another topic's example than like any of its own
# Of what is taught of a topic. Of the 14,000 examples that stand there, 0.4 % are so near to one of another topic.
_MANY = 1 / 3
Encode = Callable[[Sequence[str]], npt.NDArray[Any]]


def contradictions(
    taught: Mapping[str, Sequence[str]], examples: Mapping[str, Sequence[str]], encode: Encode
) -> Iterator[str]:
    """Why lessons must not go live: each topic to which much is taught that examples of other topics say.

    Args:
        taught: what is to be learnt, by intent.
        examples: what was learnt before, by intent.
        encode: gives texts' unit sentence vectors, one row a text.
    """
    known = [(text, intent) for intent, texts in examples.items() for text in texts]
    if not known or not taught:
        return
    vectors, intents = encode([text for text, _ in known]), np.array([intent for _, intent in known])
    for intent, texts in taught.items():
        likeness = encode(texts) @ vectors.T
        own = likeness[:, intents == intent].max(axis=1, initial=-1.0)
        likeness[:, intents == intent] = -1.0
        other = likeness.max(axis=1)
        against = np.flatnonzero((other >= _ALIKE) & (other - own > _NEARER))
        if len(against) > _MANY * len(texts):
            clearest = against[other[against].argmax()]
            stands, stands_for = known[likeness[clearest].argmax()]
            more = f"; so it is with {len(against) - 1} more" if len(against) > 1 else ""
            said = f"“{texts[clearest]}” is taught as {intent}, but says what “{stands}” says"
            yield f"{said}, an example of {stands_for}{more}"
