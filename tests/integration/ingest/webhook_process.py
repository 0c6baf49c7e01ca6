"""A process that sends webhooks from the database that its argument names, until it is killed."""

import sys
import threading

from libs.clock import utc_now
from libs.database.engine import Database
from tests.integration.ingest.webhook_stage import WebhookStage

stage = WebhookStage(Database(sys.argv[1]), replica="killed")
# What a test's clock wrote must be due here.
stage.ingest.now = utc_now()
stage.courier.start()
threading.Event().wait()
