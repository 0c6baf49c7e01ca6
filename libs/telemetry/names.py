"""Every name of a span, attribute, metric and header of ours, in one place.

Names from OpenTelemetry's semantic conventions are written out here, because the package that
holds them marks the messaging ones as still moving. https://opentelemetry.io/docs/specs/semconv/
"""

from typing import Final

# --- who measures ---------------------------------------------------------------------------
# The instrumentation scope of spans and metrics made by libs/bus.
SCOPE_BUS: Final = "navigator.bus"

# --- headers --------------------------------------------------------------------------------
# W3C trace context.
HEADER_TRACEPARENT: Final = "traceparent"
HEADER_TRACESTATE: Final = "tracestate"
# The media type of a message's value.
HEADER_CONTENT_TYPE: Final = "content-type"
# All headers that a dead letter carries begin like this; they are replaced at a second failure.
DEAD_LETTER_PREFIX: Final = "navigator-dead-letter-"
# Where the message came from.
HEADER_DEAD_TOPIC: Final = DEAD_LETTER_PREFIX + "topic"
HEADER_DEAD_PARTITION: Final = DEAD_LETTER_PREFIX + "partition"
HEADER_DEAD_OFFSET: Final = DEAD_LETTER_PREFIX + "offset"
# Who gave up on it: the consumer group.
HEADER_DEAD_GROUP: Final = DEAD_LETTER_PREFIX + "group"
# The exception's class, its stable code (libs/errors.py), and what it said, cut to 1 KiB.
HEADER_DEAD_ERROR: Final = DEAD_LETTER_PREFIX + "error"
HEADER_DEAD_CODE: Final = DEAD_LETTER_PREFIX + "code"
HEADER_DEAD_REASON: Final = DEAD_LETTER_PREFIX + "reason"
# How often it was tried, and when it failed first and last (ISO 8601, UTC).
HEADER_DEAD_ATTEMPTS: Final = DEAD_LETTER_PREFIX + "attempts"
HEADER_DEAD_FIRST_FAILURE: Final = DEAD_LETTER_PREFIX + "first-failure"
HEADER_DEAD_LAST_FAILURE: Final = DEAD_LETTER_PREFIX + "last-failure"
# The trace in which it failed.
HEADER_DEAD_TRACE_ID: Final = DEAD_LETTER_PREFIX + "trace-id"
# Only where the message was too large for the dead-letter topic: its size in bytes. The value
# is empty then; the message itself is where topic, partition and offset say.
HEADER_DEAD_LEFT_OUT: Final = DEAD_LETTER_PREFIX + "left-out"
# How often an operator has sent a dead letter back. It does not begin like the others, so that
# it stays through a second failure.
HEADER_RETRIED: Final = "navigator-retried"

# --- spans ----------------------------------------------------------------------------------
# `send <topic>`: from handing a message to the client until the broker has acknowledged it.
SPAN_SEND: Final = "send"
# `process <topic>`: one attempt at one message: decode, handler, publishing what it returned.
SPAN_PROCESS: Final = "process"

# --- attributes of the semantic conventions -----------------------------------------------
MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_SYSTEM_KAFKA: Final = "kafka"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
MESSAGING_DESTINATION_PARTITION_ID: Final = "messaging.destination.partition.id"
MESSAGING_CONSUMER_GROUP_NAME: Final = "messaging.consumer.group.name"
MESSAGING_CLIENT_ID: Final = "messaging.client.id"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
MESSAGING_MESSAGE_BODY_SIZE: Final = "messaging.message.body.size"
MESSAGING_KAFKA_MESSAGE_KEY: Final = "messaging.kafka.message.key"
MESSAGING_KAFKA_OFFSET: Final = "messaging.kafka.offset"
# The class of the error that ended a span, or its stable code.
ERROR_TYPE: Final = "error.type"

# --- attributes of ours ---------------------------------------------------------------------
# Which attempt at this message this is, from 1.
ATTEMPT: Final = "navigator.bus.attempt"
# What became of the attempt: done, absent, retry, dead_letter or stop.
OUTCOME: Final = "navigator.bus.outcome"

# --- metrics --------------------------------------------------------------------------------
# Messages that the broker has acknowledged (counter).
METRIC_SENT: Final = "messaging.client.sent.messages"
# Messages that are over and done with, by topic, group and outcome (counter).
METRIC_CONSUMED: Final = "messaging.client.consumed.messages"
# Duration of one attempt in seconds, by topic, group and outcome (histogram).
METRIC_PROCESS_DURATION: Final = "messaging.process.duration"
# Attempts that are put off to be made again, by topic, group and error (counter).
METRIC_RETRIES: Final = "navigator.bus.retries"
# Messages sent to a dead-letter topic, by topic, group and error (counter).
METRIC_DEAD_LETTERS: Final = "navigator.bus.dead_letters"
# Messages in the partitions held here that are not yet done, by topic and group (gauge).
METRIC_LAG: Final = "navigator.bus.lag"

# --- the pipeline and the answer ------------------------------------------------------------
# The instrumentation scope of spans made by the services.
SCOPE_SERVICES: Final = "navigator.services"
# Reading a document into sections.
SPAN_PARSE: Final = "parse document"
# Fetching a normalised report from ingest, cutting it, embedding its passages, telling what they
# are about, writing them.
SPAN_CUT: Final = "cut passages"
SPAN_EMBED: Final = "embed passages"
SPAN_SORT: Final = "sort passages"
SPAN_UPSERT: Final = "upsert passages"
# Asking the index, and putting cards together from what it found.
SPAN_RETRIEVE: Final = "retrieve passages"
SPAN_CARDS: Final = "build cards"
# How many passages, candidates and cards there were.
PASSAGES: Final = "navigator.passages"
CANDIDATES: Final = "navigator.candidates"
CARDS: Final = "navigator.cards"
MEDIA_TYPE: Final = "navigator.document.media_type"
DOCUMENT_BYTES: Final = "navigator.document.bytes"
# The embedding model that was used (OpenTelemetry's name for it).
GEN_AI_MODEL: Final = "gen_ai.request.model"
# Questions that embed was asked a vector for (counter), by whether it had it at hand.
METRIC_QUESTIONS: Final = "navigator.embed.questions"
CACHED: Final = "navigator.embed.cached"

# --- webhooks -------------------------------------------------------------------------------
# One attempt to send one message to one webhook, in the trace of the status change it tells of.
SPAN_WEBHOOK: Final = "send webhook"
WEBHOOK_ID: Final = "navigator.webhook.id"
# Of the message: its `webhook-id` header, its type, and which attempt this is, from 1.
WEBHOOK_MESSAGE_ID: Final = "navigator.webhook.message_id"
WEBHOOK_TYPE: Final = "navigator.webhook.type"
WEBHOOK_ATTEMPT: Final = "navigator.webhook.attempt"
# Of the semantic conventions: what the webhook answered.
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
# What became of the attempt: delivered, retry, failed (no attempt is left), disabled or test.
WEBHOOK_OUTCOME: Final = "navigator.webhook.outcome"
# Attempts, by outcome and error (counter), and their duration in seconds (histogram).
METRIC_WEBHOOK_ATTEMPTS: Final = "navigator.webhook.attempts"
METRIC_WEBHOOK_DURATION: Final = "navigator.webhook.duration"
