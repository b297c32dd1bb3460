from data.store.store import Store


def test_a_new_ledger_is_usable(store: Store) -> None:
    store.check()
    with store.read() as session:
        assert set(session.ledger.counts().values()) == {0}


def test_b(store: Store) -> None:
    store.check()
