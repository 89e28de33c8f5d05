"""Customers."""

from __future__ import annotations

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from visits.errors import NotFoundError
from visits.models import Customer
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_customers


def list_customers(
    session: Session,
    viewer: Viewer,
    request: PageRequest,
    *,
    territory_id: str | None = None,
    text: str | None = None,
    active: bool | None = True,
) -> Page[Customer]:
    """Customers by name, of one territory and with `text` in name, address or external id where asked.

    Raises InputError for a bad cursor.
    """
    statement = visible_customers(select(Customer), viewer)
    if territory_id is not None:
        statement = statement.where(col(Customer.territory_id) == territory_id)
    if active is not None:
        statement = statement.where(col(Customer.active).is_(active))
    if text:
        part = text.lower()
        statement = statement.where(
            or_(
                *(
                    func.lower(column).contains(part, autoescape=True)
                    for column in (Customer.name, Customer.address, Customer.external_id)
                )
            )
        )
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(Customer.name), col(Customer.id)),
        key_of=lambda customer: (customer.name, customer.id),
    )


def get_customer(session: Session, viewer: Viewer, customer_id: str) -> Customer:
    """One customer. Raises NotFoundError when there is none or the viewer may not see it."""
    found = session.exec(visible_customers(select(Customer).where(Customer.id == customer_id), viewer)).first()
    if found is None:
        raise NotFoundError(f"there is no customer {customer_id!r}; check the id")
    return found
