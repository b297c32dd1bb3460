"""What was known about creators at a moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa

from data.labels import RANKS
from data.records import CreatorHistory, Verdict
from data.store.frames import frame
from data.store.schema import decision, item
from data.store.transaction import Transaction

...
