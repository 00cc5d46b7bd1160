"""The words that visitors use and that are nobody's name: of English, of the clinic's own data, of places, of chats."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from string import ascii_lowercase
from zoneinfo import available_timezones

from faker.providers.address.en import Provider as Countries
from faker.providers.address.en_US import Provider as States
from faker.providers.lorem.es_ES import Provider as Spanish

from assistant.english import common_words
from assistant.settings import PROJECT_DIR

_ALL = 100_000  # more words than the list of English has
_COMMON = 8_000  # words that are mistyped often
_LETTERS = re.compile(r"[a-z]+")
# Tokens that no dictionary has, and everybody types.
CHAT = frozenset(
    """
    ssn dob mrn itin dl ph tel cel cell acct amex visa mc cvv exp zip addr apt poliza num nbr bcbs uhc pcn rxbin rxgrp
    gonna wanna gotta kinda sorta dunno lemme gimme idk tbh imo lol lmao rofl omg wtf btw fyi asap pls plz plss thx tnx
    tysm np rn af ngl ppl bc cuz cus coz tho thru ur urs hru hii hiii heyy heyyy helloo hola okk kk yup yep yeah nah
    nope haha hahaha hehe hmm hmmm ugh aww meh whoa hiya howdy yall ya'll finna tryna hella appt appts appointmnt meds
    rx dx tx hx hrs mins wks yrs mos info msg msgs pic pics vid app apps wifi bday doc docs docks dr drs mr mrs ms
    abt dui npo mri ekg ptsd fam bro bruh sis uh huh uhh umm erm whats hows wheres theres
    theyll theyre thats arent isnt wasnt werent hasnt havent doesnt didnt shouldnt couldnt wouldnt youre ive
    """.split()
)
_CITIES = frozenset(
    """
    albuquerque amarillo anaheim arlington atlanta austin bakersfield baltimore birmingham boise boston brooklyn buffalo
    chandler charlotte chicago cincinnati cleveland columbus corpus dallas denver detroit durham fargo fremont fresno
    fullerton glendale greensboro guadalajara harlem henderson hialeah honolulu houston indianapolis irvine jacksonville
    juarez kansas knoxville lansing laredo laredo lexington lincoln louisville lubbock madison manhattan memphis mesa
    miami milwaukee minneapolis monterrey montgomery nashville newark norfolk oakland ogden omaha orlando pasadena
    peoria
    philadelphia phoenix pittsburgh plano portland providence provo queens raleigh reno richmond riverside rochester
    sacramento salem savannah scottsdale seattle spokane stamford stockton tacoma tallahassee tampa tempe tijuana toledo
    topeka tucson tulsa vegas wichita yonkers yuma brownsville mcallen matamoros puebla bronx hawaii vegas paso antonio
    diego francisco jose carlo barcelona madrid florence venice oxford cambridge stanford harvard yale cornell duke
    princeton columbia berkeley medellin bogota cali
    """.split()
)
_SMALL_SPANISH = frozenset(
    """
    al como con cuando de del donde el ella en es esta este esto estoy hay hasta la las le lo los me mi muy nada ni para
    pero por porque que quien se si sin soy su sus te tengo tiene tu un una uno voy y ya yo mas eso vale gracias buenos
    buenas dias tardes noches quiero puedo puede
    """.split()
)
_SUFFIX = re.compile(
    r"(?:ing|ed|er|ers|ly|ist|ists|ive|ous|less|ness|ful|able|tion|tions|phobic|phobia|ic|ical|ology|itis|osis|oma|mide|"
    r"ine|zine|pine|pam|lam|zole|pril|sartan|statin|mab|ciones|ci[oó]n|mente|ando|iendo|idad|miento|ante|ente|ar|er|ir|"
    r"aba|aron|ieron|emos|amos|ado|ada|ido|ida|osa|oso|ica|ico)$"
)


def folded(text: str) -> str:
    """A text in lower case without accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))


def lower_words(text: str) -> set[str]:
    """The words of a text, in lower case without accents."""
    return set(_LETTERS.findall(folded(text)))


@lru_cache(maxsize=1)
def clinic_terms() -> frozenset[str]:
    """The words of medicines, conditions and side effects."""
    return medicines() | _lookup("conditions*.txt") | _lookup("side_effects*.txt")


@lru_cache(maxsize=1)
def medicines() -> frozenset[str]:
    """The words of the names of medicines."""
    return _lookup("medicines.txt")


def _lookup(pattern: str) -> frozenset[str]:
    files = (PROJECT_DIR / "data" / "lookups").glob(pattern)
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return frozenset(word for word in lower_words("\n".join(lines)) if len(word) > 2)


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """Names of countries, states and cities, word by word."""
    zones = (zone.rsplit("/", 1)[-1] for zone in available_timezones())
    names = [name for name in (*Countries.countries, *States.states, *zones) if name.isalpha() and not name.isupper()]
    return frozenset(lower_words(" ".join(names))) | _CITIES


@lru_cache(maxsize=1)
def spoken_here() -> frozenset[str]:
    """Words of the questions that the assistant was trained on."""
    return frozenset(lower_words((PROJECT_DIR / "data" / "nlu.yml").read_text(encoding="utf-8")))


def is_spanish(text: str) -> bool:
    """Whether a text is Spanish, of which we have no list of words."""
    words = _LETTERS.findall(folded(text))
    return bool(re.search("[¿¡ñ]", text)) or sum(word in _SMALL_SPANISH for word in words) * 5 > len(words)


@lru_cache(maxsize=1)
def _spanish() -> frozenset[str]:
    return frozenset(lower_words(" ".join(Spanish.word_list)))


@lru_cache(maxsize=4096)
def is_unknown(low: str) -> bool:
    """Whether a word, in lower case without accents, is in no list of words, nor a slip from one that is."""
    if len(low) < 3 or re.search(r"(.)\1\1", low) or low in CHAT:
        return False
    lists = (common_words(_ALL), clinic_terms(), places(), spoken_here(), _spanish())
    return not any(low in words for words in lists) and not (low.endswith("s") and is_known(low[:-1]))


def is_known(low: str) -> bool:
    """Whether a word is in a list of words."""
    return any(low in words for words in (common_words(_ALL), clinic_terms(), spoken_here(), _spanish()))


@lru_cache(maxsize=4096)
def is_slip(low: str) -> bool:
    """Whether an unknown word is a slip of the finger from a common word, or is made as words are."""
    return bool(_SUFFIX.search(low)) or (len(low) > 3 and bool(_near(low) & common_words(_COMMON)))


def _near(low: str) -> set[str]:
    """What one slip of the finger makes of a word."""
    cuts = [(low[:place], low[place:]) for place in range(len(low) + 1)]
    near = {a + b[1:] for a, b in cuts if b} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    near |= {a + c + b for a, b in cuts for c in ascii_lowercase}
    return near | {a + c + b[1:] for a, b in cuts if b for c in ascii_lowercase}
