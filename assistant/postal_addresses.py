"""Finds postal addresses in what visitors write: of streets, boxes, rural routes and homes with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.vocabulary import lower_words, medicines

ADDRESS = "address"

_I = re.IGNORECASE
_STREET = (
    r"(?:street|st|avenue|ave?|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|place|pl|terrace|ter|trail|"
    r"trl|parkway|pkwy|highway|hwy|square|sq|way|alley|loop|path|pike|row|run|ridge|crossing|xing|commons|plaza|cove|"
    r"crescent|expressway|freeway|turnpike|route|rt|point|pt|bend|heights|hts|hill|glen|view|mews|walk|concourse|estates)"
)
# What follows a number that is none of a house.
_NO_STREET = (
    r"(?:a|an|the|in|of|to|from|and|or|is|it|on|at|my|per|for|minutes?|mins?|miles?|days?|hours?|hrs?|weeks?|months?|"
    r"years?|yrs?|sessions?|blocks?|times?|people|percent|mg|infusions?|treatments?|different|more|other|away|long|"
    r"dollars?|bucks|th|nd|rd|am|pm|steps?|kids?|appointments?|doses?|step|mcg|ml|lbs?|pounds|kilos?|kg|out|visits?)"
)
_WORD = r"[^\W\d_][\w.'’-]*"
_NUMBER = r"\d{1,6}[a-z]?(?:-\d{1,4})?(?: 1/2)?"
_SPELLED = (
    r"(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)[ -]){1,4}"
)
_UNIT = r"(?:apt|apartment|unit|suite|ste|bldg|building|floor|fl|flat|room|rm|lot|no|piso|depto|dpto|pmb|#)"
_STATE = (
    r"(?:AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|"
    r"PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR)"
)
_ZIP = r"\d{5}(?:-\d{4})?"
_TAIL = (
    r"(?:,? ?(?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\b\.?)?"
    rf"(?:,? ?{_UNIT}\b\.? ?#?[\w-]{{1,8}}|,? ?# ?[\w-]{{1,8}})?"
    rf"(?:,? (?:in )?(?:[A-Z][\w.'’-]{{1,30}} ?){{1,3}})?(?:,? [A-Za-z]{{2}}\b\.?(?=,? \d{{5}}|"
    rf"[\s,.]*$))?(?:,? ?{_ZIP})?"
)
_PATTERNS = [
    re.compile(pattern, _I)
    for pattern in (
        # 12 Oak Street, Apt 4, Denver CO 80203
        rf"(?<![\d$.,/:-])(?:{_NUMBER}|"
        rf"{_SPELLED}),? ?(?:(?!{_NO_STREET}\b)[\w.'’-]{{1,30}} ){{1,5}}?{_STREET}\b\.?{_TAIL}",
        # Flat 6, 210 Bergen Street …: what stands before it
        rf"\b{_UNIT}\b\.? ?#?[\w-]{{1,8}},? {_NUMBER} (?:[\w.'’-]{{1,30}} ){{1,4}}?{_STREET}\b\.?{_TAIL}",
        # 18 Elm, Keene NH 03431: whatever ends with a ZIP code
        rf"(?<![\d$.,/:-]){_NUMBER},? (?!{_NO_STREET}\b)(?:[\w.'’#/-]{{1,30}},? ){{1,9}}?{_ZIP}(?!\d)",
        # 88 n main apt 3 · house 14 on elm street · maple avenue number 12 · 220 W 14th
        rf"(?<![\d$.,/:-]){_NUMBER} (?!{_NO_STREET}\b)(?:[\w.'’-]{{1,30}},? ){{1,4}}"
        r"(?:apt|apartment|unit|suite|ste|#)\b\.? ?#?\w{1,6}\b",
        rf"\b(?:house|number|no\.?) \d{{1,6}} (?:on|at|in) (?:[\w.'’-]{{1,30}} ){{1,4}}?{_STREET}\b",
        rf"\b(?:[\w.'’-]{{1,30}} ){{1,2}}{_STREET},? (?:number|no\.?|#) ?\d{{1,6}}\b",
        r"(?<![\d$.,/:-])\d{1,6} (?:n|s|e|w|north|south|east|west)\.? \d{1,3}(?:st|nd|rd|th)\b",
        r"\blot \d{1,4},? (?:[\w.'’-]{1,30} ){1,4}(?:park|estates|acres|court)\b",
        r"(?<![\d$.,/:-])\d{1,6} de la calle \w+",
        rf"\b(?:p\.? ?o\.? ?box|apartado(?: postal)?|casilla|box) (?:#|no\.? )?\d{{1,6}}{_TAIL}",
        rf"\b(?:rural route|r\.?r\.?|hc|star route) ?#?\d{{1,4}},? box #?\w{{1,6}}{_TAIL}",
        rf"\b(?:pmb|general delivery)\b[ #\w]{{0,8}}{_TAIL}",
        r"\b(?:calle|avenida|avda|av|carrera|calzada|camino|paseo|bulevar|colonia|"
        r"col)\.? (?:[\w.'’áéíóúñ-]{1,30} ){0,5}?"
        r"(?:#|no\.?|número|numero)? ?\d{1,6}\b",
        r"(?<![\d$.,/:-])\d{2,6},? (?:calle|avenida|camino|via|paseo|rue) (?:[\w.'’áéíóúñ-]{1,30} ?){1,3}",
        # my house is 5 the pines · mail it to 12 … · domicilio: 40 …: what stands before it says so
        rf"\b(?:liv(?:e|es|ed|ing)|stay(?:ing)?|resid\w+|moved?|mail|ship|send|deliver|pick (?:me|us|him|her) up|"
        rf"we'?re|"
        rf"house|home|street|address|located|residence|bill|apt|vivo|vive|vivimos|domicilio|direcci[oó]n|casa|env[ií]\w*)"
        rf"(?:,? (?:my|mine|is|was|it|me|us|them|in|over|on|id|now|new|the|home|mail|up|here|out|forms?|bill|stuff|"
        rf"him|her)"
        rf"\b){{0,5}}(?: ?[:=]| (?:at|to|is|en|es|street|address|in(?= \d+,? (?:[\w.'’#-]{{1,30}},? ){{1,3}}{_UNIT}\b))"
        rf"|(?<=street)|(?<=address)|(?<=domicilio)|(?<=dirección)) ?"
        rf"(\d{{1,6}}[a-z]?,? (?!{_NO_STREET}\b|\d)(?:[\w.'’#-]{{1,30}}(?:,? |,|\b)){{1,8}})",
        rf"\b(?:[nsew]\d{{1,5}}){{1,2}} (?:[\w.'’-]{{1,30}} ){{1,3}}?{_STREET}\b(?: \d{{1,4}})?{_TAIL}",
        rf"(?<![\d$.,/:-])\d{{1,6}} (?:(?:county|state|us|old|farm|ranch|forest|private|rural)[ -]){{1,3}}"
        rf"(?:road|rd|hwy|highway|route|rte)\.? \w{{1,6}}{_TAIL}",
        rf"(?<![\d$.,/:-])\d{{2,6}} (?:[nsew]{{1,2}}\.? )?(?:broadway|bowery|embarcadero|malec[oó]n)\b{_TAIL}",
        r"\b[^\W\d_]{3,20}(?:stra(?:ss|ß)e|str\.|weg|platz|gasse|laan|straat)\.? \d{1,4}[a-z]?\b",
    )
]
# Birch Terrace #208, …, Barre VT: a name before it, and the town behind it. Capitals tell, so they count.
_TOWN = re.compile(
    rf"(?:(?:\b[A-Z][\w.'’-]{{1,30}} ){{1,3}}?(?:(?i:{_UNIT})\.? ?)?#?\w{{1,5}},? )?"
    rf"(?:[A-Z0-9][\w.'’#-]{{0,30}},? ){{1,7}}{_STATE}\b\.?,? {_ZIP}(?!\d)"
    rf"|\b[A-Z][a-z][\w.'’-]{{1,30}}(?: [A-Z][\w.'’-]{{1,30}}){{0,2}},? (?:{_STATE},? )?{_ZIP}(?!\d)"
    rf"|\b(?:[A-Z][\w.'’-]{{1,30}},? )?(?:Room|Rm|Unit|Apt|Suite|"
    rf"#) ?#?\w{{1,5}},? \d{{1,6}} [A-Z][\w.'’-]{{1,30}} {_STREET}\b"
    rf"|\b[A-Z][\w'’]+ (?:Terrace|Manor|House|Towers?|Gardens|Village|Court) #\w{{1,5}}"
)
_CAPITALS = r"(?:(?:[A-Z][\w'’-]{1,20}\.?|of|the|de|del|la|las|los|el|[NSEW]{1,2}\.?) ){0,3}[A-Z][\w'’-]{1,20}"
_KINDS = (
    r"(?:Hollow|Meadows?|Grove|Park|Bridge|Creek|Valley|Green|Mills?|Lake|Shores?|Landing|Vista|Knoll|Gardens?|Manor|"
    r"Fields?|Forest|Brook|Canyon|Bluffs?|Trace|Chase|Close|Gate|Brow|Rise|Quay|Wharf|Causeway|Parade|Esplanade|Oaks|"
    r"Pines|Acres|Villas?|Falls|Springs?|Woods|Towers?|Spur|Passage|Promenade|Bay|Farms?|Ranch|Orchard|Camp|Mall|Rue)"
)
_COUNTRYSIDE = (
    r"(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|"
    r"Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|"
    r"Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|"
    r"Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|"
    r"Wyoming)"
)
# Capitals tell that these are names of places.
_CAPITAL = [
    re.compile(pattern)
    for pattern in (
        # 88 Quarry Hollow, Nashua NH · 7 Elm, Barre, Vermont
        rf"(?<![\w$.,/:-]){_NUMBER},? {_CAPITALS},? {_CAPITALS},? (?:{_STATE}|{_COUNTRYSIDE})\b",
        rf"(?<![\w$.,/:-])(?:(?i:{_UNIT})\.? ?#?\w{{1,5}},? )?{_NUMBER},? (?:{_CAPITALS} )?{_KINDS}\b",
        rf"\b(?i:{_UNIT})\.? ?#?\w{{1,5}},? {_NUMBER},? {_CAPITALS}",
        rf"\b(?:at|At|from|behind|outside|to) (\d{{3,6}}[A-Za-z]? {_CAPITALS})",
        rf"^\W*(\d{{3,6}}[A-Za-z]?,? {_CAPITALS})\W*$",
        r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z] \d[A-Z]\d\b",  # postcodes of Britain and Canada
    )
]
_DATES = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september|october|"
    r"november|december|mon|tues?|wed|thu|fri|sat|sun|\w+day|am|pm|a\.m|p\.m|[ecmp][sd]?t|mg|iv|im)\b",
    _I,
)


def find_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Where addresses stand: start, end and kind of each; they may overlap."""
    for pattern in (_TOWN, *_PATTERNS):
        for match in pattern.finditer(text):
            group = match.lastindex or 0
            yield match.start(group), match.start(group) + len(match[group].rstrip(" ,.")), ADDRESS
    for pattern in _CAPITAL:
        for match in pattern.finditer(text):
            group = match.lastindex or 0
            if not _DATES.search(match[group]) and not lower_words(match[group]) & medicines():
                yield (*match.span(group), ADDRESS)
