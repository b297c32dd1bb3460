"""Goods, rights and payment, in English: the broken rule, the hint, the honest look-alike."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Breach, lines

BREACHES: Final = MappingProxyType(
    {
        "counterfeit": Breach(
            plain=lines(
                """
                {label} {p}, [mirror quality], nobody can tell
                [1:1 replica] of {label} with box and card
                same factory as {label}, [AAA grade]
                the logo is [copied] stitch by stitch
                [superfake] {p}, {won} instead of {was}
                """
            ),
            veiled=lines(
                """
                you know which brand, I have to cover the logo
                {label} inspired, if you know you know
                box and tags are shipped separately
                """
            ),
            honest=lines(
                """
                parallel import, [authentic], here are the papers
                how to spot a [fake] {label} {p}
                double your money back if it is [counterfeit]
                we do not sell [replicas]
                """
            ),
        ),
        "prohibited_goods": Breach(
            plain=lines(
                """
                [sleeping pills] without a prescription, a few left
                [vape liquid] goes in the same parcel, just ask
                home brewed [liquor], {won} a bottle
                leftover [antibiotics], free to a good home
                """
            ),
            veiled=lines(
                """
                ask me for what is not on the menu
                it ships under another name because of customs
                """
            ),
            honest=lines(
                """
                we cannot sell [medicine] online, ask a pharmacy
                alcohol free, so it is not [liquor]
                toy [gun] with safety certificate
                """
            ),
        ),
        "off_platform": Breach(
            plain=lines(
                """
                message {id} on [telegram] and save {pct}%
                [bank transfer] only, I take off the fee
                order through the [link in bio], not the app
                pay me [outside] the app and get a gift
                [DM] me your number and we do it privately
                easy [side job], like videos, paid daily, [telegram] {id} @3
                [deposit] first and get double back, room link in bio @3
                """
            ),
            veiled=lines(
                """
                you know where to find me for the better price
                I will flash my id for a second, write it down
                they cut me off if I say it here
                looking for work from home? check my profile @3
                """
            ),
            honest=lines(
                """
                please pay in the app, report anybody who asks for a [bank transfer]
                fake accounts ask you to pay on [telegram], be careful
                questions only through the app [chat]
                that paid task [deposit] room is a scam @3
                """
            ),
        ),
        "copyright": Breach(
            plain=lines(
                """
                [full] {show} link in my profile
                [unlicensed] {character} merch made to order
                last night's {show} [uploaded whole]
                """
            ),
            veiled=lines(
                """
                mirrored the screen because of copyright, you understand
                not my clip but too good not to share
                """
            ),
            honest=lines(
                """
                officially [licensed] {character}, look for the hologram
                music is [royalty free]
                """
            ),
        ),
    }
)
