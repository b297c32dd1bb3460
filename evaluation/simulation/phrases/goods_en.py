"""What is sold, in English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Goods, lines, words

GOODS: Final = MappingProxyType(
    {
        "health_food": Goods(
            names=words(
                """
                red ginseng sticks / lutein capsules / omega 3 / probiotics / milk thistle /
                collagen jelly / vitamin D drops / propolis spray / protein shake / turmeric shots /
                magnesium powder / sea moss gel / apple vinegar gummies @3 / berberine capsules @2
                """
            ),
            features=words(
                """
                third party tested / one sachet a day / sugar free / vegan capsule / cold pressed /
                made in Korea / no artificial colours / travel size
                """
            ),
            lines=lines(
                """
                take the {p} once a day with a glass of water
                the serving size is on the back of the pack please stick to it
                {m} so it is easy to keep in your bag
                ask your pharmacist first if you take any medicine
                it tastes like pear honestly not bitter at all
                one box lasts about {n} weeks
                the batch number and date are printed on the side
                not for children and not while you are pregnant
                I have it after breakfast every day
                """
            ),
            tags=words("wellness / supplements / healthyhabits / morningroutine / giftsforparents"),
            usual_price=42,
        ),
        "cosmetics": Goods(
            names=words(
                """
                hydrating serum / sunscreen / cushion foundation / toner pads / cica cream / lip tint /
                hair shampoo / body lotion / cleansing oil / sheet masks / eye cream / PDRN ampoule @2 /
                exosome serum @3
                """
            ),
            features=words(
                """
                soft scent / vegan / dermatologist tested / hyaluronic acid / niacinamide /
                travel size / glow finish
                """
            ),
            lines=lines(
                """
                see how the {p} sinks in on the back of my hand
                {m} so I use it every day
                patch test behind your ear if you are sensitive
                there are {n} shades and I am wearing the second one
                layer it under the {p2} and it will not pill
                this is my bottle number {n} of this one
                results vary from person to person of course
                the lighting makes it look brighter than it is
                """
            ),
            tags=words("kbeauty / skincare / grwm / makeup / glassskin / beautyfinds"),
            usual_price=26,
        ),
        "fashion": Goods(
            names=words(
                """
                puffer jacket / knit cardigan / wide trousers / crossbody bag / sneakers / trench coat /
                denim jacket / fleece boots / wool scarf / leather wallet / watch / tote bag / loafers /
                sunglasses / seamless set / balaclava @3
                """
            ),
            features=words(
                """
                small batch / new colour / light weight / sturdy finish / everyday design /
                same as in store / gift wrapped
                """
            ),
            lines=lines(
                """
                the {p} is what I have on right now
                I am {k} centimetres tall so you get an idea
                {m} and it weighs almost nothing
                it comes in black ivory and mocha
                measurements are on the product page please check them
                it goes with the {p2} for work or weekends
                let me show you the lining and the stitching
                first exchange is free just keep the tag on
                """
            ),
            tags=words("ootd / winterstyle / newin / bagtok / workwear / plussize / capsulewardrobe"),
            usual_price=58,
        ),
        "electronics": Goods(
            names=words(
                """
                wireless earbuds / air purifier / robot vacuum / power bank / mini projector /
                gaming mouse / bluetooth speaker / smart watch / humidifier / air fryer / dash cam /
                desk lamp / translator earbuds @3
                """
            ),
            features=words(
                """
                two year warranty / USB C / this year's model / compact size / matt black / low noise /
                gift box
                """
            ),
            lines=lines(
                """
                let me switch on the {p} listen
                {m} and it stays cool after {n} hours
                setting it up takes less than a minute let me show you
                in the box you get the unit a cable and a pouch
                if it breaks contact the official service centre
                here it is next to last year's model
                the certification number is on the product page
                """
            ),
            tags=words("tech / unboxing / desksetup / gadgets / dormroom / giftideas"),
            usual_price=79,
        ),
        "food": Goods(
            names=words(
                """
                Jeju tangerines / beef short ribs / fresh abalone / kimchi / rice cake kit /
                sweet potatoes / snow crab / sesame oil / cookies / chicken breast / honey / cold brew /
                pistachio chocolate @2 / low sugar yogurt @3
                """
            ),
            features=words(
                """
                straight from the producer / packed this morning / family size / no additives /
                HACCP certified / in a cool box
                """
            ),
            lines=lines(
                """
                the {p} leave the farm today and arrive tomorrow
                {m} so do not worry about freshness
                one box is {n} kilos enough for a family for a week
                put it in the fridge as soon as it comes
                let me take a bite wow the texture
                the origin is printed at the bottom of the screen
                check the ingredients if you have allergies
                send us a photo if anything arrives bruised
                """
            ),
            tags=words("foodie / mukbang / mealkit / homecooking / snacks / farmtotable"),
            usual_price=29,
        ),
    }
)
