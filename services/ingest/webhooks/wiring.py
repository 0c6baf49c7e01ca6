"""Webhooks put together from ingest's settings: their worker and what their API calls."""

import datetime as dt
import random
from dataclasses import dataclass

import httpx

from libs.clock import Clock, NewId
from libs.database.engine import Database
from libs.telemetry.setup import Telemetry
from services.ingest.webhooks.addresses import Destinations, Resolver, system_resolver
from services.ingest.webhooks.courier import Courier
from services.ingest.webhooks.endpoints import Endpoints
from services.ingest.webhooks.sending import Sender
from services.ingest.webhooks.settings import WebhookSettings
from services.ingest.webhooks.turns import Turns


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The parts that ingest runs."""

    endpoints: Endpoints
    courier: Courier


def wire_webhooks(
    settings: WebhookSettings,
    database: Database,
    telemetry: Telemetry,
    *,
    clock: Clock,
    new_id: NewId,
    instance: str,
    resolve: Resolver = system_resolver,
) -> Webhooks:
    """The parts. `instance` is this replica's name, under which it holds webhooks."""
    destinations = Destinations(settings.webhook_ports, settings.webhook_allow_loopback, resolve)
    sender = Sender(
        destinations,
        httpx.create_ssl_context(),
        settings.webhook_timeout_s,
        clock,
        telemetry.tracer,
        telemetry.meters,
    )
    turns = Turns(
        database,
        sender,
        clock,
        random.random,
        instance,
        dt.timedelta(seconds=settings.webhook_disable_after_s),
    )
    keep = dt.timedelta(seconds=settings.webhook_keep_s)
    courier = Courier(database, turns, clock, settings.webhook_senders, keep)
    endpoints = Endpoints(
        database,
        destinations,
        sender,
        clock,
        new_id,
        settings.webhook_limit,
        dt.timedelta(seconds=settings.webhook_overlap_s),
        courier.look_now,
    )
    return Webhooks(endpoints, courier)
