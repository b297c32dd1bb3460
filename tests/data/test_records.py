from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from data.records import Item

SEOUL = timezone(timedelta(hours=9))


def _item(*, submitted_at: datetime, expected_views: float, title: str = "세일") -> Item:
    return Item(
        item_id="v1",
        item_version="1",
        submitted_at=submitted_at,
        data={"title": title},
        expected_views=expected_views,
    )


def test_the_same_content_written_otherwise_is_the_same_item() -> None:
    one = _item(submitted_at=datetime(2026, 11, 1, 9, tzinfo=SEOUL), expected_views=5)
    other = _item(submitted_at=datetime(2026, 11, 1, 0, tzinfo=UTC), expected_views=5.0)
    assert one.digest() == other.digest()


def test_other_content_is_another_item() -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    item = _item(submitted_at=moment, expected_views=5)
    for other in (
        _item(submitted_at=moment + timedelta(seconds=1), expected_views=5),
        _item(submitted_at=moment, expected_views=6),
        _item(submitted_at=moment, expected_views=5, title="특가"),
    ):
        assert other.digest() != item.digest()
