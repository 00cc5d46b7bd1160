"""Lists of people's names: those of the US census, with how many people have them, and names of seventy countries."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from faker.providers import person

from assistant.english import common_words
from assistant.vocabulary import clinic_terms, folded, medicines, places

_FIRST_SHARE = 0.004  # percent of people: rarer first names are as often slips and words
_LAST_SHARE, _SOME_SHARE = 0.02, 0.003
_EVERY, _TOP = 100_000, 2_000  # words of the list, most frequent first
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "r", "y", "al", "ic", "ness", "ish")
_CHANGED = ("ing", "ies", "ier")  # endings for the last letter
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i i ye g".replace("_", "").split(
            " "
        ),
    )
)
_EVERYDAY, _OFTEN = 8000, 0.02  # of so frequent a word only a frequent name is one
# What follows a first name in a sentence, and is a last name as well.
VERBS = frozenset("may can will said says love loves wants need needs went gets goes got works call calls told".split())
# Names that are words as well, in the lists of the census and in every other message.
WORDS_TOO = frozenset(
    """
    will may mark rose grace hope april june frank bill art faith joy summer autumn dawn eve ivy jade jack jean dean
    miles chance chase drew gene guy grant hunter lance max nick pat penny rich rob rusty sandy skip sterling sue
    victor wade wood love king young long white brown green black gray rice bush see so an my he do the in you can say
    good best sunny happy early precious patience mercy angel star sky season page paris london dallas houston austin
    jordan georgia virginia carolina dakota montana florida india china asia america mae merry holly ginger basil
    sage ray ruby pearl amber crystal coral opal gay robin jay dale glen cliff forest reed brook heath clay rocky
    stone royal duke earl major noble prince bishop pope deacon tanner mason taylor carter cooper baker porter parker
    tyler ward page sheriff iris lily violet daisy olive myrtle fern laurel hazel heather rocco buddy sonny junior
    bud honey candy charity constance verity prudence trinity destiny genesis chastity harmony melody carol joyce
    viola octavia august augustine sol luna don dick randy peg bob tom harry mike stormy windy misty stacy tracy
    kelly shelby casey jamie ali said les min sung so song sun kim lee chi ha see sang young ok win van von del la
    le de san king mina rosy jewel jazz lacy trudy rick chuck curt ernest frank gale hale hank harmon hardy kip kit
    lane lark lynx mace mack merit minty nova pace pierce price rain rand reef rex rod rudy sabre scout shad shea
    spring storm tad teal tempest temple trace trip tripp troy tully vale wells west whit winter wren zen zion
    ira isa isis alma dolores soledad consuelo milagros paz luz esperanza mar cielo reyes cruz santos dios abril julio
    agosto ella angeles blanca clara linda alba celeste perla
    """.split()
)
# Those that are said of people, things and times as well, and are no name without a capital.
SAID_OF_ANYBODY = frozenset(
    """
    young long white brown green black gray good best sunny happy early rich rusty rocky gay merry noble royal stormy
    windy misty rosy lacy hardy frank summer autumn spring winter dawn eve star sky storm rain love hope faith joy king
    junior senior buddy honey harmony trinity genesis young ok win see so an my he do the in you can say rob drew skip
    chase guy art page trip pace lane stone reed cliff forest dale glen robin jay hazel gale scout amber basil
    patience prudence
    chastity constance sterling sung parker soledad consuelo cielo
    """.split()
)
SMALL = frozenset(
    """
    a about addicted after again all allergic alone also always am an and any are as asap asking at back bad be because
    been before being better but by call calling can cant come concerned confused could currently dad daughter day
    depressed diagnosed did do does doing done dont down else even ever every father feeling fine for free from get
    getting go going good got had happy has have having he hello help her here him his home how husband i if im
    in interested into is it its just know later like living looking lost me mom more mother my name need never new no
    not nothing now of off ok okay on one only or our out over pain patient please pregnant quite ready really right sad
    said same scared she should sick since so some son sorry still stuck sure taking talking than thanks that the their
    them then there these they thing this those thinking though tired to today tomorrow too trying two unable under
    until up us very wait waiting want was we well were what when where which who why wife will with without wondering
    work worried would writing wrong yes yet you your im ive id ill interested calling texting messaging speaking from
    dia dias madre madres padre padres uno antes ustedes esta anda alta vida mano
    doesnt isnt arent wasnt werent hasnt havent hadnt wont didnt shouldnt couldnt wouldnt theres theyre theyll thats
    whats
    de la el los las al y con para que por un una mi su mucho muy bien mal aquí aqui estoy tengo quiero
    """.split()
)


@lru_cache(maxsize=1)
def first_names() -> frozenset[str]:
    """First names, in lower case without accents."""
    rare, often = (
        _census("dist.female.first", share) | _census("dist.male.first", share) for share in (_FIRST_SHARE, _OFTEN)
    )
    return rare - (common_words(_EVERYDAY) - often) - SMALL | _of_the_world("first")


@lru_cache(maxsize=1)
def last_names() -> frozenset[str]:
    """Last names, in lower case without accents."""
    return _census("dist.all.last", 0.0) - SMALL | _of_the_world("last")


@lru_cache(maxsize=1)
def plain_words() -> frozenset[str]:
    """Common words of English that are no names, or are as often words as names."""
    return frozenset(common_words() - first_names() - likely_names()) | WORDS_TOO


@lru_cache(maxsize=1)
def likely_names() -> frozenset[str]:
    """First names that stand in the list of English words as well, though no word was ever made of them.

    A word has others beside it in the list, "hopes" and "hoping": "fiona" has none.
    """
    listed = _names_of_the_world("first") | _census("dist.female.first", 0.0) | _census("dist.male.first", 0.0)
    strange = (listed & common_words(_EVERY)) - common_words(_TOP) - places() - clinic_terms() - SMALL - WORDS_TOO
    return frozenset(name for name in strange if not is_inflected(name))


@lru_cache(maxsize=1)
def plain_first_names() -> frozenset[str]:
    """First names of the words that are names as well, of which hardly anybody thinks as words: "stacy", "linda"."""
    names = WORDS_TOO & (first_names() | likely_names() | _names_of_the_world("first"))
    names -= places() | SMALL | VERBS | SAID_OF_ANYBODY | common_words(_TOP)
    return frozenset(name for name in names if len(name) > 3 and not is_inflected(name))


@lru_cache(maxsize=1)
def likely_last_names() -> frozenset[str]:
    """The same of last names that many people have."""
    strange = (_census("dist.all.last", _SOME_SHARE) & common_words(_EVERY)) - common_words(_TOP) - places()
    return frozenset(name for name in strange - clinic_terms() - SMALL - WORDS_TOO if not is_inflected(name))


@lru_cache(maxsize=4096)
def is_inflected(word: str) -> bool:
    """Whether other words were made of a word, as of those that are no names."""
    words = common_words(_EVERY)
    return any(word + ending in words for ending in _ENDINGS) or any(word[:-1] + end in words for end in _CHANGED)


@lru_cache(maxsize=1)
def common_last_names() -> frozenset[str]:
    """Last names that so many people have that after a first name they are one, whatever else they mean."""
    return _census("dist.all.last", _LAST_SHARE) - SMALL - VERBS


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """First names, whatever else they mean."""
    return first_names() | likely_names()


@lru_cache(maxsize=1)
def sure_given_names() -> frozenset[str]:
    """First names that count wherever they stand."""
    return (given_names() - WORDS_TOO) | plain_first_names()


@lru_cache(maxsize=1)
def all_names() -> frozenset[str]:
    """First and last names."""
    return given_names() | last_names()


@lru_cache(maxsize=1)
def word_names() -> frozenset[str]:
    """Words that are names as well, but for the smallest ones and places."""
    return WORDS_TOO - SMALL - places()


@lru_cache(maxsize=1)
def strange_terms() -> frozenset[str]:
    """The words of the names of medicines that nobody is called by."""
    return medicines() - first_names()


def _census(name: str, least: float) -> frozenset[str]:
    """The names of a list of the 1990 census that so many percent of people have."""
    lines = resources.files("names").joinpath(name).read_text(encoding="ascii").splitlines()
    return frozenset(line.split()[0].lower() for line in lines if float(line.split()[1]) >= least)


@lru_cache(maxsize=1)
def sure_names() -> frozenset[str]:
    """Names, first or last, that are no words."""
    return (first_names() | last_names()) - plain_words() - SMALL


def _of_the_world(kind: str) -> frozenset[str]:
    """First or last names of other countries, in Latin letters, that are no word of English."""
    return _names_of_the_world(kind) - common_words() - SMALL


@lru_cache(maxsize=2)
def _names_of_the_world(kind: str) -> frozenset[str]:
    names = {part for name in set(_listed_names(kind)) for part in re.split(r"[ -]", _in_latin(name))}
    return frozenset(name for name in names if re.fullmatch(r"[a-z']{3,}", name))


def _in_latin(name: str) -> str:
    if name.isascii():
        return name.lower()
    return folded("".join(_CYRILLIC.get(char, char) for char in name.lower()))


def _listed_names(kind: str) -> Iterator[str]:
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            listed = getattr(provider, attribute)
            if f"{kind}_name" in attribute and isinstance(listed, (tuple, list, dict)):
                yield from (name for name in listed if isinstance(name, str))
