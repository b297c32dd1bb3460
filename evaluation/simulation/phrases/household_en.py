"""What else is sold, in English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from evaluation.simulation.phrases.forms import Goods, lines, words

GOODS: Final = MappingProxyType(
    {
        "living": Goods(
            names=words(
                "fleece blanket / bath mat / laundry detergent / storage boxes / steel frying pan / blackout curtains / "
                "reed diffuser / knife set / memory foam pillow / heated blanket / drying rack / tumbler"
            ),
            features=words("no drilling / dishwasher safe / foldable / extra large / odour free / machine washable"),
            lines=lines(
                """
                the {p} made my room look twice as tidy
                {m} so it is easy to keep clean
                I will pour a whole cup of water on it watch
                rinse it once with warm water before first use
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
                "car seat / baby wipes / building blocks / baby bodysuits / travel stroller / bottle set / play mat / "
                "picture books / kick scooter / rice puffs / nappies"
            ),
            features=words("organic cotton / safety certified / for 36 months and up / fragrance free / folds flat"),
            lines=lines(
                """
                we chose the {p} because it is {m}
                small parts so keep an eye on little ones please
                you can sterilise it in boiling water
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
                "yoga mat / camping chair / golf gloves / hiking boots / dumbbells / bike helmet / running shoes / "
                "pop up tent / foam roller / knee sleeves / camping lantern / ski goggles @3"
            ),
            features=words("non slip / ultra light / water repellent / foldable / shock absorbing"),
            lines=lines(
                """
                folded up the {p} is only this big
                {m} so it is fine for beginners
                I used it for {n} hours on the trail yesterday
                go one size up if you have wide feet
                let it dry in the shade after use
                I will show you the posture first so you do not hurt your wrist
                """
            ),
            tags=words("homeworkout / hiking / camping / golf / running / gymgirl"),
            usual_price=48,
        ),
        "pets": Goods(
            names=words(
                "dog treats / cat litter / cat tower / harness / automatic feeder / dental chews / pet camera / "
                "salmon kibble / snuffle mat / dog sweater @2"
            ),
            features=words("grain free / low dust / machine washable / single protein / small bites"),
            lines=lines(
                """
                my dog runs as soon as he hears the bag of {p}
                {m} so even picky eaters like it
                change the food slowly over a week
                the feeding table is on the back
                ask your vet first if your pet is on medication
                two cats can sit on it and it does not shake
                """
            ),
            tags=words("dogsoftiktok / catlife / petcare / puppy / treats"),
            usual_price=22,
        ),
        "collectibles": Goods(
            names=words(
                "figure / photo cards / trading cards / model kit / limited key ring / light stick / vinyl record / plush doll / "
                "board game / film camera / acrylic stand / mystery box @2"
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
