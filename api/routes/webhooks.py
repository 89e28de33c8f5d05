"""Webhooks: other systems that are told what happens."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth.guard import GuardedRoute
from api.deps import PageDep, ServicesDep, ThingId, ViewerDep
from api.routes.describe import CREATE, READ, READ_ONE, problems
from api.schemas.base import Page
from api.schemas.events import DeliveryOut, WebhookIn, WebhookMade, WebhookOut
from api.webhooks.targets import target_of
from visits.webhooks import add_webhook, get_webhook, list_deliveries, list_webhooks, remove_webhook

router = APIRouter(route_class=GuardedRoute, prefix="/webhooks", tags=["events"])


@router.post("", operation_id="create_webhook", summary="Add a webhook", status_code=201, responses=problems(*CREATE))
def create_webhook(body: WebhookIn, services: ServicesDep, viewer: ViewerDep) -> WebhookMade:
    """Events from now on are sent there, signed; the answer is the only one that shows the secret."""
    target_of(body.url, allow_private=services.settings.webhook_private)
    with services.store.session() as session:
        made = add_webhook(session, viewer, body.url, None if body.kinds is None else sorted(set(body.kinds)))
    return WebhookMade.model_validate(made)


@router.get("", operation_id="list_webhooks", summary="Webhooks", responses=problems(*READ))
def read_webhooks(services: ServicesDep, page: PageDep) -> Page[WebhookOut]:
    """All webhooks."""
    with services.store.reading() as session:
        found = list_webhooks(session, page)
    return Page(items=tuple(WebhookOut.model_validate(one) for one in found.items), next_cursor=found.next_cursor)


@router.get("/{webhook_id}", operation_id="get_webhook", summary="One webhook", responses=problems(*READ_ONE))
def read_webhook(webhook_id: ThingId, services: ServicesDep) -> WebhookOut:
    """One webhook, without its secret."""
    with services.store.reading() as session:
        return WebhookOut.model_validate(get_webhook(session, webhook_id))


@router.delete(
    "/{webhook_id}",
    operation_id="delete_webhook",
    summary="Remove a webhook",
    status_code=204,
    responses=problems(*READ_ONE),
)
def delete_webhook(webhook_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> None:
    """Nothing more is sent there, not even what is on its way."""
    with services.store.session() as session:
        remove_webhook(session, viewer, webhook_id)


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="list_webhook_deliveries",
    summary="What is sent to a webhook",
    responses=problems(*READ_ONE),
)
def read_deliveries(webhook_id: ThingId, services: ServicesDep, page: PageDep) -> Page[DeliveryOut]:
    """Sent, waiting and given up, the newest first."""
    with services.store.reading() as session:
        found = list_deliveries(session, webhook_id, page)
    return Page(items=tuple(DeliveryOut.model_validate(one) for one in found.items), next_cursor=found.next_cursor)
