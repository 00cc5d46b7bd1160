"""What looks like somebody's name and is none: of faiths, firms and holidays, of places, of whom everybody knows."""

from __future__ import annotations

import re

_NEAR = 40  # characters before a name that tell what it is of
# What stands after "I'm" or "this is" far more often than a name, and in no list of common words with a capital.
NOT_NAMES = frozenset(
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
    pepper phil oz seuss bronner google lincoln madison jackson orlando savannah phoenix raleigh memphis salem eugene
    irish italian german french british scottish greek polish russian chinese japanese korean indian african asian
    jewish hispanic latina latino native navy army marine marines veteran vet truly yours faithfully johns hopkins sinai
    mayo permanente honda civic toyota iphone android apple
    mormon hindu buddhist sikh quaker baptist lutheran methodist presbyterian atheist amish orthodox protestant
    aries taurus gemini virgo libra scorpio sagittarius capricorn aquarius pisces
    yom kippur rosh hashanah diwali eid purim passover hanukkah juneteenth kwanzaa nowruz holi lent
    optum magellan beacon centene wellcare ambetter highmark premera regence carefirst champva geha umr
    stanford yale harvard vanderbilt baylor northwestern tufts cornell columbia walgreens cvs costco walmart
    kroger
    publix hilton marriott hyatt sheraton amtrak medtronic pfizer janssen roche kindle xbox playstation
    sjogren marfan chiari meniere ehlers danlos bohlken huntington guillain barre
    special reboot wellness soft stop start help yes no ok okay thanks thank hello hi hey please sorry lol omg
    """.split()
)
# Places and faiths that people are called by as well: names behind what introduces one.
PEOPLE_TOO = frozenset(
    """
    austin jackson madison orlando savannah phoenix eugene lincoln dallas houston denver georgia virginia carolina
    dakota montana brooklyn london paris sydney chelsea jordan israel india asia kenya chad santiago diego francisco
    charlotte victoria florence alexandria adelaide cleveland raleigh salem memphis christian jesus milan vienna
    geneva trinidad stanford cornell baylor huntington
    """.split()
)
# People whom everybody talks of are no secret of the visitor's.
_PUBLIC = re.compile(
    r"\b(?:martin luther king|michael pollan|matthew perry|joe rogan|prince harry|elon musk|tim ferriss|robin williams|"
    r"michael jackson|kurt cobain|sylvia plath|john krystal|carlos zarate|andrew huberman|huberman|oprah winfrey|"
    r"deepak chopra|carl jung|sigmund freud|viktor frankl|wim hof|gabor mat[eé]|bessel van der kolk|eckhart tolle|"
    r"stan(?:islav)? grof|ram dass|timothy leary|alan watts|tony robbins|joe dispenza|rick doblin|bren[eé] brown|"
    r"taylor swift|brian eno|jon hopkins|pink floyd|elvis presley|bob marley|john lennon|harry potter|grey's anatomy|"
    r"brad pitt|donald trump|joe biden|barack obama|kanye west|lady gaga|miley cyrus|chrissy teigen|lamar odom|"
    r"sharon osbourne|princess diana|beyonc[eé]|ronaldo|messi|oprah|jesus christ|virgin mary|saint jude|"
    r"mother teresa)\b",
    re.IGNORECASE,
)
# What makes a name that of a thing or of somebody whom everybody knows.
_THING_AFTER = re.compile(
    r"['’]?s? (?:clinics?|hospitals?|cent(?:er|re)s?|university|elementary|high school|stud(?:y|ies)|protocol|"
    r"method|disease|"
    r"syndrome|scale|insurance|health(?:care)?|county|street|st|ave|day|cocktail|test|score|trial|group|pharmacy|medical|"
    r"foundation|institute|college|school|app|podcast|books?|show|brand|procedure|catheter|monitor|thyroiditis|palsy|"
    r"lymphoma|phenomenon|permanente|advantage|plan|ppo|hmo|coverage|covers?|mg|mcg|xl|xr|er|sr|music|movies?|songs?|"
    r"albums?|playlist|documentary|paper|episode|interview|hotel|inn|flare|contractions|kits?|troches|maneuver)\b",
    re.IGNORECASE,
)
_THING_BEFORE = re.compile(
    r"\b(?:listen(?:ing|ed)? to|watch(?:ing|ed)?|read(?:ing)?|plays?|playing|book by|study by|song by|music by|"
    r"works? at|"
    r"work for|teach at|stay(?:ing)? at|the)(?: [\w]+ (?:and|or))? $",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:santa|san|st|saint|fort|port|lake|mount|mt|new|north|south|east|west)\.? $", re.IGNORECASE)
_TOWN = re.compile(r"(?:San|Santa|Los|Las|El|New|Fort|Lake|Mount|Port|Saint|St\.?) [A-Z]\w+$")


def is_nobody(text: str, start: int, end: int) -> bool:
    """Whether a name is that of a place, of a thing, or of somebody whom everybody talks of."""
    if _TOWN.match(text, start, end) or _PLACE.search(text, max(0, start - _NEAR), start):
        return True
    if _THING_AFTER.match(text, end) or _THING_BEFORE.search(text, max(0, start - _NEAR), start):
        return True
    around = range(max(0, start - _NEAR), end + _NEAR)
    return any(
        start < match.end() and match.start() < end for match in _PUBLIC.finditer(text, around.start, around.stop)
    )
