"""What a visitor can say to the booking form itself, at every step: go back, that's wrong, change the phone, stop."""

from __future__ import annotations

import enum
import re

_LONGEST = 9  # words; a longer message says more than a command does


class Command(str, enum.Enum):
    """A wish that concerns the form and not the step it asks for."""

    BACK = "back"
    STOP = "stop"
    PERSON = "person"
    WRONG = "wrong"
    CHANGE = "change"
    YES = "yes"
    SKIP = "skip"
    CHANGE_NAME = "change_name"
    CHANGE_CONTACT = "change_contact"
    CHANGE_TIMES = "change_times"
    CHANGE_TOPIC = "change_topic"


_FIELD = {
    Command.CHANGE_NAME: r"names?",
    Command.CHANGE_CONTACT: r"(?:phone|cell|mobile|number|telephone|e-?mail|address|contact)(?: (?:number|address))?",
    Command.CHANGE_TIMES: r"(?:times?|days?|date|dates|hours?)",
    Command.CHANGE_TOPIC: r"(?:topic|reason|subject)",
}
_TO_CHANGE = r"(?:change|correct|fix|edit|update|redo|replace|use another|use a different|another|different|wrong)"
_PLAIN = {
    Command.PERSON: r"(?:talk|speak|chat|connect me) (?:to|with) (?:a |an |some)?(?:real |actual |live )?"
    r"(?:person|human|people|one|body|someone|somebody|agent|nurse|staff)|(?:real|live) (?:person|human)|human please",
    Command.BACK: r"(?:go|step|take me|one step|move) back|^(?:please )?back(?: please)?$"
    r"|previous (?:step|question|one)|^undo",
    Command.SKIP: r"^(?:please )?(?:skip|pass|next)(?: (?:it|this|that|please))?$|^leave it out$|^any time is fine$"
    r"|(?:rather|prefer) not(?: to)?(?: say| tell)?|(?:don'?t|do not) (?:want to|wanna) (?:say|tell|give)",
    Command.STOP: r"^(?:please |ok |no |actually |sorry )*"
    r"(?:stop|cancel|quit|exit|end|abort|never ?mind|nvm|forget (?:it|this|about it))"
    r"(?: (?:it|this|that|now|please|all|everything|the (?:booking|request|form)|booking))*$"
    r"|^(?:no thanks?(?: you)?|not interested|(?:good)?bye(?: bye)?|start over|restart|just looking|leave it as it is)$"
    r"|(?:come|be) back (?:later|tomorrow)|(?:changed my mind|not now|(?:maybe|do this) later|another time"
    r"|don'?t want (?:to (?:book|do this|continue|go on)|this))",
    Command.CHANGE: r"^(?:i want to |please )?change (?:something|it)$",
    Command.YES: r"^(?:(?:yes|yep|yeah|ok|okay|sure|all|it'?s|that'?s|that is|looks|everything(?: is|'s)?) )*"
    r"(?:yes|yep|yeah|ok|okay|sure|correct|right|perfect|good|fine|send(?: it)?|submit(?: it)?|(?:i )?confirm"
    r"|go ahead|do it)"
    r"(?: (?:please|thanks|thank you|now|already))*$",
    Command.WRONG: r"(?:that|this|it|something)(?:'?s| is| was| looks)? (?:wrong|incorrect|not (?:right|correct|true))"
    r"|^(?:wrong|incorrect|not (?:right|correct)|no,? wrong)$|(?:made|is) a (?:mistake|typo)|^mistake$",
}


def read_command(text: str, *, whole: bool = False) -> Command | None:
    """The command that a short message gives; None if it gives none.

    Args:
        text: what the visitor wrote.
        whole: whether the name of a field alone says that it shall change: "the phone".
    """
    said = " ".join(re.sub(r"[^\w'\s-]", " ", text.lower().replace("’", "'")).split())
    if not said or len(said.split()) > _LONGEST:
        return None
    for command, field in _FIELD.items():
        change, wrong = (
            rf"\b{_TO_CHANGE}\b(?: \w+){{0,2}} {field}\b",
            rf"\b{field}(?: is|'s| was)? (?:wrong|not right)\b",
        )
        if re.search(f"{change}|{wrong}", said) or (whole and re.fullmatch(rf"(?:(?:the|my) )?{field}", said)):
            return command
    return next((command for command, pattern in _PLAIN.items() if re.search(pattern, said)), None)
