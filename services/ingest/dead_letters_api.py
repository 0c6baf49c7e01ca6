"""Dead letters over HTTP, for operators: the gateway does not pass these on."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from libs.events.letters import DropRequest, LetterPage, Retried, WholeLetter
from services.ingest.dead_letters import DeadLetterDesk, Wanted

Topic = Annotated[str, Path(max_length=249)]
Partition = Annotated[int, Path(ge=0, le=2**31 - 1)]
Offset = Annotated[int, Path(ge=0, le=2**63 - 1)]
OfTopic = Annotated[str | None, Query(max_length=249)]
OfCode = Annotated[str | None, Query(max_length=200)]


def dead_letter_routes(desk: DeadLetterDesk) -> APIRouter:
    """The router. A letter's path is its id with slashes."""
    router = APIRouter(prefix="/internal/dead-letters")

    @router.get("")
    def list_letters(
        topic: OfTopic = None,
        code: OfCode = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
    ) -> LetterPage:
        return desk.unhandled(Wanted(topic, code), limit)

    @router.get("/{topic}/{partition}/{offset}")
    def show_letter(topic: Topic, partition: Partition, offset: Offset) -> WholeLetter:
        return desk.show(topic, partition, offset)

    @router.post("/retry")
    def retry_letters(topic: OfTopic = None, code: OfCode = None) -> Retried:
        return desk.retry_all(Wanted(topic, code))

    @router.post("/{topic}/{partition}/{offset}/retry")
    def retry_letter(
        topic: Topic, partition: Partition, offset: Offset, *, again: bool = False
    ) -> Retried:
        return desk.retry(topic, partition, offset, again=again)

    @router.post("/{topic}/{partition}/{offset}/drop", status_code=204)
    def drop_letter(
        topic: Topic, partition: Partition, offset: Offset, request: DropRequest
    ) -> None:
        desk.drop(topic, partition, offset, request.reason)

    return router
