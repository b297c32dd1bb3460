"""The planner's screen in Streamlit for `planner_page.py`: the same past, arithmetic and charts."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from data.records import ANY
from evaluation.charts import planning
from serving import wiring
from serving.drafts import Draft
from serving.settings import Settings
from serving.web.recent import Past, read


@st.cache_resource
def past() -> Past:
    application = wiring.build(Settings(home=Path(os.environ["TAMIS_HOME"])), follow=False)
    return read(application, [])


found = past()
left, right = st.columns([1, 3])
with left:
    threshold = st.slider("Any policy", 0.0, 100.0, 25.0, 0.1)
    budget = st.slider("Audits a day", 1.0, 1000.0, 500.0)
    floor = st.slider("Spread evenly", 1.0, 100.0, 50.0)
draft = Draft(thresholds={ANY: threshold / 100}, daily_budget=budget, floor_share=floor / 100)
plan = draft.plan(version="draft", author="draft", reason="draft", now=datetime.now(UTC))
assert found.frontier is not None
now = found.frontier.outlook(plan)
with right:
    columns = st.columns(3)
    numbers = {
        "Full reviews a day": f"{now.full_reviews_per_day:,.0f}",
        "Reviewer hours a day": f"{now.hours_per_day:,.1f}",
        "Recall": f"{now.recall.value or 0:.1%}",
        "Precision": f"{now.precision.value or 0:.1%}",
        "Missed a day": f"{now.missed_per_day.value or 0:,.1f}",
        "Audits a day": f"{now.audits_per_day:,.0f}",
    }
    for place, (name, value) in enumerate(numbers.items()):
        columns[place % 3].metric(name, value)
    st.markdown(f"threshold shown: {threshold:.1f}")
    st.altair_chart(
        planning.recall_against_workload(found.curve, draft=None, in_force=None, language="en"), theme=None
    )
    st.altair_chart(
        planning.score_distribution(
            found.counts[ANY], policy="any", draft=threshold / 100, in_force=None, language="en"
        ),
        theme=None,
    )
