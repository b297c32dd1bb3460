"""Conduct on screen, in English: the broken rule, the hint, the honest look-alike."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Breach, lines

BREACHES: Final = MappingProxyType(
    {
        "sexual": Breach(
            plain=lines(
                """
                [18+] stream starts soon, I will wear the {p}
                {k} hearts and one more piece comes [off]
                [sexy] try on, you can see right through it
                """
            ),
            veiled=lines(
                """
                kids out of the room please, grown up time
                any angle you want, just ask
                """
            ),
            honest=lines(
                """
                underwear is shown on a mannequin
                how to measure your [bra] size
                [harassing] comments are blocked
                """
            ),
        ),
        "violence": Breach(
            plain=lines(
                """
                if the dog does not listen you [hit] it like this
                throwing the {p} at [people] from the roof
                catching a [burning] {p} with bare hands
                """
            ),
            veiled=lines(
                """
                do not try this, just watch what happens to him
                if he comes back he will regret it
                """
            ),
            honest=lines(
                """
                the blade is sharp so I wear gloves
                dropping the {p} to see if it [breaks]
                train with treats, never [hit] your dog
                """
            ),
        ),
        "hate_harassment": Breach(
            plain=lines(
                """
                {group} should not even buy this, [disgusting]
                {group} always return things, [stay away]
                let us [dox] that seller, I have the address
                """
            ),
            veiled=lines(
                """
                you know what kind of people I mean
                everybody go and leave that shop a review
                """
            ),
            honest=lines(
                """
                [hate] comments about {group} are not welcome here
                honestly the [worst] product I ever bought
                """
            ),
        ),
        "minors": Breach(
            plain=lines(
                """
                [under 18] is fine, no ID needed, keep it quiet
                what [grade] are you in, which school, send me your number
                let the [kid] hold the hot {p} alone, watch his face
                """
            ),
            veiled=lines(
                """
                do not tell your mom, just order
                students message {id} for a present
                """
            ),
            honest=lines(
                """
                [minors] need a guardian to order
                do not write your [school] or number in the chat
                """
            ),
        ),
        "low_quality": Breach(
            plain=lines(
                """
                [sub4sub] sub4sub {p} follow back always
                [test] test test asdf
                [still image] for {n} hours, just need the numbers
                """
            ),
            veiled=lines(
                """
                {show} {character} shocking truth click now
                the screen does not move do not worry
                """
            ),
            honest=lines(
                """
                sorry for the bad camera, first time
                [re-upload] because the sound was cut
                """
            ),
        ),
    }
)
