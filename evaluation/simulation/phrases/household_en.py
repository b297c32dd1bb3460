"""What else is sold, in English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Goods, lines, words

GOODS: Final = MappingProxyType(
    {
        "living": Goods(
            names=words(
                """
                fleece blanket / bath mat / laundry detergent / storage boxes / steel frying pan /
                blackout curtains / reed diffuser / knife set / memory foam pillow / heated blanket /
                drying rack / tumbler
                """
            ),
            features=words("set of two / extra large / plain design / sturdy / odour free / studio size"),
            lines=lines(
                """
                the {p} made my room look twice as tidy
                {m} so it is easy to keep clean
                look at the finish up close
                read the leaflet before first use
                it fits if you have {n} centimetres of space
                the beige goes with pretty much any room
                air it for a day if you are sensitive to smells
                """
            ),
            tags=words("homefinds / organise / cleaningtok / kitchen / cosyhome"),
            usual_price=24,
        ),
        "kids": Goods(
            names=words(
                """
                car seat / baby wipes / building blocks / baby bodysuits / travel stroller /
                bottle set / play mat / picture books / kick scooter / rice puffs / nappies
                """
            ),
            features=words(
                """
                safety certified / gift wrapped / bright colours / tested for babies /
                for first birthdays
                """
            ),
            lines=lines(
                """
                we chose the {p} because it is {m}
                small parts so keep an eye on little ones please
                you can wipe it clean with a damp cloth
                the size chart by month is below
                it took me {n} minutes to put together
                many of you buy it with the {p2} as a gift
                """
            ),
            tags=words("momlife / babyshower / toddler / parenting / kidsfinds"),
            usual_price=33,
        ),
        "sports": Goods(
            names=words(
                """
                yoga mat / camping chair / golf gloves / hiking boots / dumbbells / bike helmet /
                running shoes / pop up tent / foam roller / knee sleeves / camping lantern /
                ski goggles @3
                """
            ),
            features=words("for beginners / ultra light / sturdy / with a carry bag / this year's colour"),
            lines=lines(
                """
                the {p} is only this big
                {m} so it is fine for beginners
                I used it for {n} hours on the trail yesterday
                start slowly if you are new to it
                let it dry in the shade after use
                I will show you the posture first so you do not hurt your wrist
                """
            ),
            tags=words("homeworkout / hiking / camping / golf / running / gymgirl"),
            usual_price=48,
        ),
        "pets": Goods(
            names=words(
                """
                dog treats / cat litter / cat tower / harness / automatic feeder / dental chews /
                pet camera / salmon kibble / snuffle mat / dog sweater @2
                """
            ),
            features=words(
                """
                for small dogs / for two cats / gentle ingredients / sturdy finish / vet nurse's pick
                """
            ),
            lines=lines(
                """
                my dog runs as soon as I take out the {p}
                {m} so even picky ones like it
                change the food slowly over a week
                the feeding table is on the back
                ask your vet first if your pet is on medication
                two cats are already fighting over it
                """
            ),
            tags=words("dogsoftiktok / catlife / petcare / puppy / treats"),
            usual_price=22,
        ),
        "collectibles": Goods(
            names=words(
                """
                figure / photo cards / trading cards / model kit / limited key ring / light stick /
                vinyl record / plush doll / board game / film camera / acrylic stand / mystery box @2
                """
            ),
            features=words("sealed / official release / with bonus card / numbered / reissue"),
            lines=lines(
                """
                the box first no dents on the corners
                {m} and nothing is missing
                we open {n} packs today let us see
                look at the paint up close
                kept in a cabinet away from the sun
                swaps only through the app please
                """
            ),
            tags=words("collector / kpop / photocards / unboxing / modelkit / vintage"),
            usual_price=36,
        ),
    }
)
