"""From a bearer token to the viewer it stands for."""

from __future__ import annotations

import hmac

from visits.queries.people import hash_token, person_by_token
from visits.scope import Viewer, viewer_of
from visits.store import Store


def find_viewer(store: Store, token: str) -> Viewer | None:
    """Who holds this token; None when nobody active does. Compared without telling by its time how near a guess was."""
    with store.reading() as session:
        person = person_by_token(session, token)
        if person is None or not hmac.compare_digest(person.token_hash or "", hash_token(token)):
            return None
        return viewer_of(session, person)
