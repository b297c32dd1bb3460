"""Claims, prices and advertising, in English: the broken rule, the hint, the honest look-alike."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Breach, lines

BREACHES: Final = MappingProxyType(
    {
        "health_claim": Breach(
            plain=lines(
                """
                {p} [cured] my {illness} in {span}
                stop your pills, {p} [heals] {illness} naturally
                doctors hide this [cure] for {illness}
                {p} [kills cancer cells], look it up
                lose {n} kilos in {span} [guaranteed] with {p}
                clinically [proven] to [prevent] {illness}
                {person} threw away the medication after {span} of {p}
                {p} is a [natural remedy] that [reverses] {illness}
                works like the weight loss [injection] without a prescription @3
                """
            ),
            veiled=lines(
                """
                {person} has not been to the doctor since
                give it {span} and check your numbers
                they do not want you to know why it works
                I cannot say what it does here but read the comments
                people with {illness} keep buying it again and again
                """
            ),
            honest=lines(
                """
                these statements do not [treat], [cure] or [prevent] any disease
                may help maintain {benefit} as part of a balanced diet
                if anybody says it [cures] {illness} please walk away
                do not stop your [medication], talk to your doctor
                I have {illness} myself and this is just a snack for me
                no supplement [prevents] {illness}, eat well and sleep
                """
            ),
        ),
        "cosmetics_as_medicine": Breach(
            plain=lines(
                """
                this {p} [cured] my {skin} in {span}
                [treats] {skin} at the root, no dermatologist needed
                [regenerates] dead cells and grows new skin
                better than [steroid cream] for {skin}
                regrows [hair] in {span} or your money back
                botulinum effect, wrinkles [gone] overnight @3
                """
            ),
            veiled=lines(
                """
                remember my {skin}? find it now if you can
                the ingredient dermatologists keep for themselves
                my redness was simply not there in the morning
                {person} saved the clinic bill
                """
            ),
            honest=lines(
                """
                this is a cosmetic, it does not [treat] {skin}
                see a dermatologist if your {skin} gets worse
                do not use on broken or [infected] skin
                I bought a cream that promised to [cure] {skin} and it got worse
                """
            ),
        ),
        "misleading_price": Breach(
            plain=lines(
                """
                was {was} today only {won}, [{high}% off]
                [lowest price] in the world, we pay ten times the difference
                price goes [back up] in {n} minutes, last chance ever
                [free], you only pay {won} handling
                factory [bankrupt], everything must go at {won}
                only {n} left, still only {n} left, [hurry]
                this was a pricing [mistake], grab it before they notice
                [Black Friday] price will never come back @4
                """
            ),
            veiled=lines(
                """
                screenshot this price, you will not see it again
                my boss does not know I lowered it
                when the timer ends I cannot help you
                you will see the coupon at checkout
                """
            ),
            honest=lines(
                """
                list price {was}, with one coupon per person {won}
                we are not the [cheapest], compare before you buy
                shipping is extra outside the mainland
                how to spot a fake [{high}% off] banner
                the sale ends {weekday} at midnight and will not be extended
                the [free] trial renews, so note the date
                """
            ),
        ),
        "undisclosed_ad": Breach(
            plain=lines(
                """
                [not sponsored], use my code {code} for {pct}% off
                I [bought it myself], link and code {code} in bio
                they sent it to me but it is [not an ad]
                they told me [not to say] it is sponsored
                """
            ),
            veiled=lines(
                """
                code {code}, do not ask me why
                just happened to find this, link pinned
                funny how I keep talking about this one
                """
            ),
            honest=lines(
                """
                [paid partnership] with {shop}
                this video contains [advertising]
                I [bought it myself], here is the receipt
                I earn a commission on links
                """
            ),
        ),
    }
)
