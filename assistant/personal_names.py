"""Finds people's names in what visitors write: after words that introduce one, and by the lists of the US census.

Many names are words as well ("will", "mark", "hope"): those count only where something introduces them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from assistant.english import common_words

_FIRST_SHARE = 0.004  # percent of people: rarer first names are as often slips and words
_LAST_SHARE = 0.02
_KNOWN = 15_000  # words that are written with a capital by mood
_EVERYDAY, _OFTEN = 8000, 0.02  # of so frequent a word only a frequent name is one
# What follows a first name in a sentence, and is a last name as well.
_VERBS = frozenset(
    "may can will said says love loves wants need needs went gets goes got works call calls told".split()
)
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*\.?")
# Names that are words as well, in the lists of the census and in every other message.
_WORDS_TOO = frozenset(
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
# What stands after "I'm" or "this is" far more often than a name, and in no list of common words with a capital.
_NOT_NAMES = frozenset(
    """
    ketamine ket spravato esketamine lexapro zoloft prozac paxil celexa effexor cymbalta wellbutrin trintellix viibryd
    lamictal lithium seroquel abilify xanax klonopin ativan valium ambien trazodone gabapentin lyrica adderall vyvanse
    ritalin suboxone tylenol advil motrin aleve ocd ptsd adhd add gad mdd bpd crps tms ect ssri ssris snri maoi iv im
    fda dea va hipaa dr doctor nurse god jesus lord christ allah buddha monday tuesday wednesday thursday friday
    saturday sunday january february march april may june july august september october november december spanish
    english american mexican medicare medicaid aetna cigna humana kaiser anthem tricare google zoom uber lyft reddit
    facebook instagram youtube twitter tiktok netflix amazon boston denver seattle chicago texas california oregon
    nevada arizona florida mexico covid christmas easter thanksgiving ramadan hanukkah catholic christian muslim jewish
    clinic team assistant bot siri alexa alzheimer parkinson tourette asperger lyme crohn hashimoto raynaud hodgkin
    special reboot wellness soft stop start help yes no ok okay thanks thank hello hi hey please sorry lol omg
    """.split()
)
_SMALL = frozenset(
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
    de la el los las al y con para que por un una mi su mucho muy bien mal aquí aqui estoy tengo quiero
    """.split()
)
_PARTICLES = frozenset("de la del los las van von der den da dos di al el bin ben ibn abu st mc o' y".split())
_TITLES = r"(?:dr|mr|mrs|ms|miss|mister|nurse|prof|professor|sr|sra|srta|señora?|doctora?|rev|pastor|sgt|capt)\.?"
_KIN = (
    r"(?:wife|husband|son|daughter|brother|sister|mom|mother|dad|father|friend|partner|boyfriend|girlfriend|fianc[eé]e?|"
    r"aunt|uncle|cousin|niece|nephew|grandma|grandpa|grandmother|grandfather|therapist|psychiatrist|psychologist|"
    r"counselor|caregiver|esposa|esposo|hijo|hija|hermana|hermano|mamá|papá|amigo|amiga|roommate|neighbor|boss|"
    r"stepson|stepdaughter|ex|daughter-in-law|son-in-law|mother-in-law)"
)
_STRONG = re.compile(
    r"\b(?:my (?:full |first |last |legal |real |maiden |middle |nick|preferred )?name(?:'?s| is| es)?(?: is)?|"
    r"(?:first|last|full|legal|patient(?:'?s)?|his|her|their|whose|the|sur) ?name(?:'?s| is|:)?(?: is)?|"
    r"name(?: is|:|'s| -|=)|"
    r"i go by|goes by|go by|call me|called|named|ask for|asking for|talk to|speak (?:to|with)|"
    r"me llamo|se llama|mi nombre es|nombre:?(?: es)?|signed|sincerely,?|regards,?|yours(?: truly)?,?|attn:?|"
    r"appointment (?:is )?(?:for|under)|booked (?:for|under)|under the name(?: of)?|"
    r"it'?s for|book (?:it )?(?:for|under)|put (?:it )?(?:down )?(?:under|for)|spelled|last name|first name)"
    r"[\s:,\"'“(-]+",
    re.IGNORECASE,
)
_SELF = re.compile(r"\b(?:i['’]?m|i am|this is|it['’]?s|soy|habla|aquí)\s+", re.IGNORECASE)
_WEAK = re.compile(
    r"(?:\b(?:it is|that'?s|hi|hello|hey|thanks|thank you|thx|gracias|dear|hola|"
    r"saw|see|seeing|with|and|y|for|by|from|of|ask|tell|told|remind|cc|love|cheers|best|de parte de|para|a nombre de)"
    r"|[-–—~,:(\n/])[\s,:]*",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(rf"\b(?:{_TITLES}|{_KIN}(?:'s name is|,? named|,? called)?,?(?: is)?)\s+", re.IGNORECASE)


def find_names(text: str) -> list[tuple[int, int]]:
    """Where names of people stand in a text: start and end of each."""
    words = list(_WORD.finditer(text))
    taken: list[tuple[int, int]] = []
    for start, end in (*_introduced(text, words), *_bare(text, words), *_listed(text, words)):
        if not any(start < other[1] and other[0] < end for other in taken):
            taken.append((start, end))
    return sorted(taken)


def _introduced(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    by_start = {word.start(): number for number, word in enumerate(words)}
    for lead, sureness in ((_STRONG, 2), (_INTRODUCED, 1), (_SELF, 1), (_WEAK, 0)):
        for match in lead.finditer(text):
            number = by_start.get(match.end())
            if number is not None and (span := _name_from(text, words, number, sureness)):
                yield span


def _name_from(text: str, words: list[re.Match[str]], number: int, sureness: int) -> tuple[int, int] | None:
    """The name that begins with a word, as something before it makes likely.

    Args:
        sureness: 2 after "my name is", 1 after "my wife" or "this is", 0 after "with".
    """
    first = words[number][0]
    low = _low(first)
    is_capital = first[:1].isupper() and not first.isupper()
    if low in _SMALL or low in _NOT_NAMES:
        return None
    if sureness == 2:
        fits = is_capital or first.isupper() or low not in _plain_words() or low in _WORDS_TOO or low in _last_names()
    elif sureness == 1:
        fits = (
            (is_capital and low not in common_words(_KNOWN))
            or low in _first_names()
            or low in _WORDS_TOO
            and is_capital
        )
        fits = fits or (is_capital and low in _last_names())
    else:
        fits = low in _first_names() - _WORDS_TOO or (
            low in _WORDS_TOO and is_capital and _is_name_after(text, words, number)
        )
        fits = fits or (is_capital and low in _last_names() and low not in _plain_words())
    return (words[number].start(), _end(text, words, number)) if fits else None


def _end(text: str, words: list[re.Match[str]], number: int) -> int:
    """Where a name ends that begins with a word."""
    end = words[number].end()
    first = words[number][0]
    for following in range(number + 1, min(number + 6, len(words))):
        word = words[following]
        if text[end : word.start()] not in (" ", ". ", ", ", "-", " (", ' "', '" ', ") ") or word[0] == first:
            break
        if text[end : word.start()] == ", " and not (
            word[0][:1].isupper() and _low(word[0]) in _last_names() | _first_names()
        ):
            break
        if not _goes_on(words, following, first):
            break
        end = word.end()
    return end - (text[end - 1] == "." and end - 2 >= 0 and text[end - 2].islower())


def _goes_on(words: list[re.Match[str]], number: int, first: str) -> bool:
    word = words[number][0]
    low = _low(word)
    if low in _PARTICLES and number + 1 < len(words):
        after = _low(words[number + 1][0])
        return (
            after in _last_names() and after not in _SMALL and (low not in _SMALL or words[number + 1][0][:1].isupper())
        )
    if low in _SMALL or low in _NOT_NAMES:
        return False
    if len(low) == 1:
        return word[:1].isupper()
    is_capital = word[:1].isupper()
    if is_capital and first[:1].isupper():
        return low not in _plain_words() or low in _last_names()
    if low in _VERBS:
        return False
    return low in _common_last_names() or (low in _last_names() | _first_names() and low not in _plain_words())


def _is_name_after(text: str, words: list[re.Match[str]], number: int) -> bool:
    return _end(text, words, number) > words[number].end()


def _bare(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """A message that is nothing but a name."""
    rest = re.sub(r"[\s,.\-'’()\"]", "", "".join(text[a.end() : b.start()] for a, b in zip(words, words[1:])))
    if not 1 <= len(words) <= 5 or rest or re.search(r"[\d?|@]", text):
        return
    lows = [_low(word[0]) for word in words]
    if any(low in _SMALL - _PARTICLES or low in _NOT_NAMES for low in lows):
        return
    names = _first_names() | _last_names()
    strange = [low for low in lows if low not in _plain_words() and low not in _PARTICLES]
    known = [low for low in lows if low in names]
    is_one = len(words) == 1 and lows[0] in _first_names() - _WORDS_TOO
    is_more = (
        len(words) > 1
        and known
        and (strange or all(word[0][:1].isupper() for word in words))
        and len(known) * 2 >= len(words)
    )
    if is_one or is_more:
        yield words[0].start(), words[-1].end()


def _listed(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """First names that are no other word, wherever they stand; and words that are one, with a last name behind them."""
    for number, word in enumerate(words):
        low = _low(word[0])
        if low in _NOT_NAMES or low in _SMALL:
            continue
        if _are_strange(text, words, number):
            yield word.start(), _end(text, words, number + 1)
        elif low in _first_names() and low not in _WORDS_TOO:
            yield word.start(), _end(text, words, number)
        elif (
            low in _WORDS_TOO
            and word[0][:1].isupper()
            and low in _first_names()
            and _is_name_after(text, words, number)
        ):
            end = _end(text, words, number)
            if _low(text[word.end() : end].split()[-1]) in _last_names():
                yield word.start(), end


def _are_strange(text: str, words: list[re.Match[str]], number: int) -> bool:
    """Whether two words with capitals stand together that are no words: a name that no list has."""
    if number + 1 >= len(words) or text[words[number].end() : words[number + 1].start()] != " ":
        return False
    pair = [words[number][0], words[number + 1][0]]
    if not all(word[:1].isupper() and word[1:].islower() and _low(word) not in _NOT_NAMES for word in pair):
        return False
    lows = {_low(word) for word in pair}
    return not lows & common_words(_KNOWN) and not lows <= common_words()


def _low(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.lower().replace("’", "'").rstrip("."))
    low = "".join(char for char in folded if not unicodedata.combining(char))
    low = low[:-2] if low.endswith("'s") else low
    return low.replace("'", "") if low.replace("'", "") in _SMALL else low


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    rare, often = (
        _census("dist.female.first", share) | _census("dist.male.first", share) for share in (_FIRST_SHARE, _OFTEN)
    )
    return rare - (common_words(_EVERYDAY) - often) - _SMALL


@lru_cache(maxsize=1)
def _last_names() -> frozenset[str]:
    return _census("dist.all.last", 0.0) - _SMALL


@lru_cache(maxsize=1)
def _plain_words() -> frozenset[str]:
    """Common words of English that are no names, or are as often words as names."""
    return frozenset(common_words() - _first_names()) | _WORDS_TOO


@lru_cache(maxsize=1)
def _common_last_names() -> frozenset[str]:
    """Last names that so many people have that after a first name they are one, whatever else they mean."""
    return _census("dist.all.last", _LAST_SHARE) - _SMALL - _VERBS


def _census(name: str, least: float) -> frozenset[str]:
    """The names of a list of the 1990 census that so many percent of people have."""
    lines = resources.files("names").joinpath(name).read_text(encoding="ascii").splitlines()
    return frozenset(line.split()[0].lower() for line in lines if float(line.split()[1]) >= least)
