"""The least that an accepting service can do: store the body, durably, and answer 202.

What ingest does beyond this has its price; `benchmarks/intake.py` tells it as a ratio.

    .venv/bin/python -m benchmarks.bare PORT DATABASE_URL
"""

import sys

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert
from starlette.concurrency import run_in_threadpool

from libs.database.engine import open_engine

BODIES = Table(
    "bodies",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)


def bare_app(database_url: str) -> FastAPI:
    """One route, one table, one transaction; the engine is set up as ingest's is."""
    engine = open_engine(database_url)
    BODIES.metadata.create_all(engine)
    writer = engine.execution_options(navigator_writes=True)
    app = FastAPI()

    def store(body: bytes) -> None:
        with writer.begin() as connection:
            connection.execute(insert(BODIES).values(body=body))

    @app.post("/v1/reports")
    async def accept(request: Request) -> JSONResponse:
        await run_in_threadpool(store, await request.body())
        return JSONResponse({"status": "accepted"}, status_code=202)

    return app


if __name__ == "__main__":
    uvicorn.run(bare_app(sys.argv[2]), port=int(sys.argv[1]), log_config=None, access_log=False)
