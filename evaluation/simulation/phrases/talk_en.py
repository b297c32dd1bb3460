"""What every English-speaking seller says, whatever is sold."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Talk, lines, words

TALK: Final = Talk(
    titles=lines(
        """
        {p} after one month, honest review
        {n} ways to choose {p}
        new in at {shop}: {p}
        {p} restock in {n} minutes
        my {season} must have: {p}
        {p} or {p2}, which one?
        how to use {p} properly
        {p}, {m}, worth it?
        {pct}% off {p} this week
        why I picked this {p}
        {p} up close, no filter
        gift idea for {season}: {p}
        your questions about {p} answered
        comparing {n} kinds of {p}
        unboxing {p} after work
        {p} but make it cozy @2
        this {p} ate and left no crumbs @3
        """
    ),
    live_titles=lines(
        """
        LIVE: {p} {season} special
        {shop} live, {p} and {p2}
        {weekday} night live with {p}
        {p} live Q&A
        back on air: {p} {pct}% live deal
        """
    ),
    chatter=lines(
        """
        hi everyone this is {shop} welcome in
        say hello in the chat if you just joined
        can you hear me all right let me know
        today we have the {p} and the {p2}
        the coupon only works during the live tap the banner
        {id} asked a good question let me answer that
        orders before {n} today ship the same day
        stock is on the right side of your screen
        give me one second I need some water
        thank you for all the likes
        it is {won} with free shipping
        list price is {was} and with the coupon it is {won}
        thanks to everyone who left a review
        let us look at it up close
        I use this at home so I will be honest
        the downside is that the scent is a bit strong
        returns are fine within seven days
        we draw a winner in a moment keep chatting
        there are about {k} of us here right now
        next live is {weekday} evening
        somebody wants to see the {p2} again
        leave questions under contact seller and we answer
        no rush compare it first
        this is how we pack it with a gift bag
        sorry my voice is a little gone today
        option {n} is the most popular
        no because why is it so good @3
        shipping may be slow before the holidays so order early @3
        """
    ),
    descriptions=lines(
        """
        for everyone who was looking for {p}
        {shop} picked this {p} for you, {m}
        order with the product button below
        orders before {n} pm ship the same day
        {won}, free shipping, easy returns
        questions? use contact seller on the product page
        colours may look different on your screen
        you get {n} x {p} and a free {p2}
        live every {weekday} evening
        real use, no editing
        turn on the restock alert
        see the product page for details
        {season} sale until {weekday}
        buy with {p2} and save {pct}%
        same small shop for {n} years
        like and follow for more
        """
    ),
    captions=lines(
        """
        {p} {won}
        {pct}% off
        {shop}
        free shipping
        ships today
        {m}
        live only coupon
        was {was} now {won}
        {n}+{n2} set
        ask about sizes
        tap below
        {weekday} {n} pm
        {k} left
        results may vary
        see product page
        """
    ),
    tags=words(
        """
        liveshopping / haul / finds / deals / review / smallbusiness / fyp / sale / musthaves /
        holidaygifts @3
        """
    ),
    fillers=words("um / uh / like / so / okay / right / you know / actually / guys"),
    shops=(
        words(
            """
            Maple / Luna / Daily / Cozy / Harbor / Mint / Olive / Sunny / Willow / Pebble / Nova /
            Clover / Urban / Amber / Hazel / Kiko / Tiny / Honest / Bloom / North
            """
        ),
        words(
            """
            Market / & Co / Studio / Finds / House / Closet / Corner / Goods / Lab / Supply / Picks /
            Store / Room / Lane
            """
        ),
    ),
    slots=MappingProxyType(
        {
            "season": words(
                """
                winter / fall / weekend / holiday / back to work / first snow @3 / Christmas @3
                """
            ),
            "weekday": words(
                """
                Monday / Tuesday / Wednesday / Thursday / Friday / Saturday / Sunday / tomorrow
                """
            ),
            "illness": words(
                """
                diabetes / high blood pressure / arthritis / insomnia / high cholesterol / gastritis /
                fatty liver / asthma / gout / tinnitus / back pain / chronic fatigue
                """
            ),
            "benefit": words(
                """
                blood sugar / joint health / gut health / eye health / immunity / bone health / sleep /
                energy
                """
            ),
            "skin": words(
                """
                eczema / acne / psoriasis / melasma / rosacea / scars / fungus / hair loss / warts /
                hives
                """
            ),
            "label": words(
                """
                designer brand L / the G logo / the C logo / a famous N label / Swiss R /
                an Italian house
                """
            ),
            "person": words(
                """
                my husband / my mom / my neighbour / a coworker / my dad / a regular / my cousin /
                a friend
                """
            ),
            "group": words(
                """
                old people / foreigners / fat people / poor people / those immigrants / women drivers
                """
            ),
            "show": words("drama / movie / concert / variety show / anime / music video"),
            "character": words("a famous cartoon bear / an anime hero / an idol member / a game character"),
            "span": words("one week / ten days / two weeks / a month / three days / six weeks"),
        }
    ),
)
