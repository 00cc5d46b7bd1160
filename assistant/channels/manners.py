"""Words that a visitor of a messaging channel uses to be left alone, to be written to again, or to ask who we are.

The FCC asks that any reasonable wording ends messages, and that the words of the carriers do (47 CFR 64.1200(a)(10)):
stop, quit, end, revoke, opt out, cancel, unsubscribe. Only a message that says nothing else counts: "can it stop the
pain" is a question. On other channels than SMS, "cancel", "end" and "quit" leave a booking and not the chat.
"""

from __future__ import annotations

import enum
import re
import unicodedata


class Wish(str, enum.Enum):
    """What a visitor wants of the channel itself."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_CARRIERS = r"cancel(?:l?ar)?|end|quit|revoke"
_PLEASE = r"(?:please |pls |plz |just |ok |i said |you (?:need to |must )?)*"
_US = r"(?:me|us|this (?:number|phone)|my (?:number|phone|cell))"
_LATER = r"(?: (?:any ?more|again|ever|ever again|now|at all|please|already|right now|for good|thanks?|thank you))*"
_TEXTS = r"(?:texts?|messages?|sms|alerts?|notifications?|stuff|subscription)"
_ANY = r"(?: (?:more|any|any ?more|these|your|further|all|the|my|with|to (?:get|receive|hear|be)|from you))*"
_WRITING = (
    r"(?:(?:text|messag|contact|writ|bother|spamm?|email|call|ping|dm)(?:ing|e|s)?(?: to)?"
    rf"|sms|send(?:ing)?(?: {_US})?(?:{_ANY} (?:{_TEXTS}|anything))?)"
)
_STOP = (
    rf"{_PLEASE}(?:stop|stopp|sto0p|stop ?all)(?: (?:it|now|please|pls|already|this|all|everything|stop))*",
    r"unsub|unsubscribe(?: me| us| please| from .*)?|(?:i )?(?:want to |would like to )?opt ?-?out(?: please| now)?",
    rf"{_PLEASE}(?:stop|quit|cease|no more) {_WRITING}(?: {_US})?{_LATER}",
    rf"{_PLEASE}(?:stop|quit|end|cancel|no|enough){_ANY} {_TEXTS}(?: to {_US})?{_LATER}",
    rf"{_PLEASE}(?:do not|dont|never|no longer) {_WRITING} {_US}{_LATER}",
    rf"{_PLEASE}(?:remove|delete|take|drop|get) {_US}(?: off| from| out)?(?: of| from)?(?: (?:the|your|this|that|any))?"
    r"(?: (?:text|texting|contact|mailing|message|messaging|sms|phone))?(?: lists?| service| texts?| messages?)"
    r"(?: please)?",
    rf"{_PLEASE}(?:remove|delete) my (?:number|phone)(?: please)?",
    rf"(?:i )?(?:(?:do not|dont|no longer) want){_ANY}(?: (?:{_TEXTS}|texted|messaged|contacted)| from you)+{_LATER}",
    r"no (?:more|further) contact(?: please)?|leave me alone(?: please)?|lose my number"
    r"|(?:i )?(?:revoke|withdraw) (?:my )?(?:consent|permission)",
    # Spanish
    r"(?:por favor )?(?:alto|parar?|pare|basta|detener|detengan|cancelar suscripcion|(?:dar(?:me)? de )?baja)"
    r"(?: por favor)?",
    r"(?:por favor )?(?:no me|dejen? de|deja de) (?:escrib|mand|envi|contact|molest)\w*(?: mas)?(?: mensajes| textos)?"
    r"(?: mas)?(?: por favor)?",
    r"no (?:quiero )?(?:recibir )?mas (?:mensajes|textos)(?: por favor)?|borr(?:en|a)me de (?:la|su) lista",
)
_START = (
    r"start|unstop|resume|subscribe|opt ?-?in|start (?:again|over|it|texting me)|(?:text|message|write to) me again"
    r"|reiniciar|empezar|iniciar"
)
_HELP = r"help|info|information|ayuda"
_STOP_AT_ALL = re.compile("|".join(f"(?:{one})" for one in _STOP))
_STOP_CARRIERS, _START_AT_ALL = re.compile(_CARRIERS), re.compile(_START)
_LONGEST = 80  # characters; whoever writes more says more


def read_wish(text: str, *, is_sms: bool, is_out: bool = False) -> Wish | None:
    """What a message asks of the channel itself; None if it is for the assistant.

    Args:
        is_sms: whether the carriers' words count, which their networks act on anyhow.
        is_out: whether the visitor wants no messages now: then a bare "yes" to an SMS asks for them again.
    """
    said = _plain(text)
    if not said or len(said) > _LONGEST:
        return None
    if _STOP_AT_ALL.fullmatch(said) or (is_sms and _STOP_CARRIERS.fullmatch(said)):
        return Wish.STOP
    if _START_AT_ALL.fullmatch(said) or (is_out and is_sms and said == "yes"):
        return Wish.START
    if re.fullmatch(_HELP, said):
        return Wish.HELP
    return None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text[: 3 * _LONGEST]).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char) and char not in "'’‘`")
    return " ".join(re.sub(r"[^\w\s-]", " ", bare).split())
