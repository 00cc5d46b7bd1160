"""Words by which a visitor ends messages are known, in any reasonable wording; questions that hold them are not."""

from __future__ import annotations

import pytest

from assistant.channels.manners import Wish, read_wish

STOPS = """STOP|stop.|Stop!!!|S T O P|Stop texting me|please stop|STOPALL|stop all|unsubscribe|Unsubscribe me|opt out
OPTOUT
opt-out|I want to opt out|don't text me anymore|don’t text me|dont message me ever again|do not contact me again
remove me from your list|take me off your list|take me off this list please|drop me from the mailing list|no more texts
leave me alone|stop messaging me|stop sending me messages|stop sending me these texts|I don't want any more texts
i dont want to receive messages anymore|please stop texting this number|quit texting me|cease texting me|alto|ALTO
parar|pare por favor|basta|no me escriban más|no me mande mas mensajes|no quiero recibir mas mensajes|stop it
stop stop stop|delete my number from your list|remove my number|i dont want to be contacted|lose my number|stop now
get me off this list|stop contacting me|never text me again|dejen de escribirme|deje de molestarme|no mas mensajes
i do not want these messages|please remove me from the list|i revoke my consent|stop spamming me|stop with the texts
take my number off your list|I no longer want texts|stop the messages|end these texts please|cancel my subscription
i said stop|you need to stop|just stop|ok stop|no further contact please|darme de baja|stop emailing me
stop bothering me
END|cancel|QUIT|Revoke|unsub"""
OTHERS = """can ketamine stop my pain|make it stop|i want it all to stop|when should i stop eating|stop the booking
do I have to stop my meds|how do I stop feeling like this|i dont want to live|cancel my appointment|yes|end my life
remove me from this world|leave me|what if i want to stop treatment|do not call me before 9|i dont want any pills
don't text me, call me instead|help me|how can you help|my husband told me to stop drinking|no more pain|i want out
can you text me|text me|it has to end|call me|no|does it stop working after a while|stop smoking before
the pain wont stop
i cant stop crying|end of the session|what happens at the end|can i quit my antidepressants|can i cancel
cancel it please
when does the infusion end|my doctor stopped my lithium|should i stop lamictal|do they stop the drip|no more sessions
take me to the clinic|take my number|my number is 415 555 0134|remove the iv|is there an opt out of the monitoring
i dont want to go alone|i dont want side effects|do not want to be sedated|message me|send me a text
will it end the pain
how do i get off opioids|please help|quitting alcohol|alternatives|paro cardiaco|puedo parar el tratamiento
no quiero vivir
stop and think|i never text|lose weight|delete my conversation|start over my life"""


def split(text: str) -> list[str]:
    return [one for line in text.splitlines() for one in line.split("|")]


@pytest.mark.parametrize("text", split(STOPS))
def test_a_wish_for_silence(text: str) -> None:
    assert read_wish(text.replace("S T O P", "STOP"), is_sms=True) is Wish.STOP


@pytest.mark.parametrize("text", split(OTHERS))
def test_what_only_sounds_like_one(text: str) -> None:
    assert read_wish(text, is_sms=True) is None


@pytest.mark.parametrize("text", ["cancel", "END", "quit"])
def test_on_other_channels_these_leave_a_booking_and_not_the_chat(text: str) -> None:
    assert read_wish(text, is_sms=False) is None


@pytest.mark.parametrize("text", ["START", "unstop", "opt in", "text me again"])
def test_a_wish_for_messages_again(text: str) -> None:
    assert read_wish(text, is_sms=True, is_out=True) is Wish.START


def test_yes_asks_for_messages_again_only_from_those_who_wanted_none() -> None:
    assert read_wish("YES", is_sms=True, is_out=True) is Wish.START
    assert read_wish("YES", is_sms=True) is None


@pytest.mark.parametrize("text", ["HELP", "help!", "info", "Ayuda"])
def test_a_wish_for_help(text: str) -> None:
    assert read_wish(text, is_sms=True) is Wish.HELP
