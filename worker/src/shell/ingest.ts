import {
  batchEventsMax,
  type Envelope,
  fail,
  type IngestReply,
  ipPolicyOf,
  keyStanding,
  ok,
  parseTime,
  type RejectedEvent,
  type Result,
  rulesVersion,
  type WriteKey,
} from "@sluice/schema";
import { bodyCeiling, type ParsedBody, parseBody } from "../body.ts";
import type { Call } from "../call.ts";
import { isGzip } from "../gzip-frame.ts";
import { ipUnderPolicy } from "../ip.ts";
import { judgeEvents, rejectedInReply } from "../judge.ts";
import { geoOf, userAgentOf } from "../origin.ts";
import { packMessages, type SharedReceipt } from "../pack.ts";
import type { RefusalCode } from "../refusal.ts";
import { scanBody } from "../scan.ts";
import { basicWriteKey } from "../write-key-place.ts";
import { deliver, type DeliveryPorts } from "./deliver.ts";
import type { Edge } from "./edge.ts";
import { gunzipBounded, gzip } from "./gzip.ts";
import { readBody } from "./read-body.ts";

/**
 * Takes one ingest request: key, body, verdicts, messages, and only when those are durable the reply. Its steps
 * are the functions below, in this order.
 */
export async function ingest(
  request: Request,
  call: Call,
  edge: Edge,
  ports: DeliveryPorts,
): Promise<Result<IngestReply, RefusalCode>> {
  const receivedAtMs = Date.now();
  if (edge.draining) return fail("draining");
  if (!edge.keyring.isConfigured) return fail("not_configured");
  const headerKey = basicWriteKey(request.headers.get("authorization"));
  const early = headerKey === null ? null : authenticate(headerKey, edge);
  if (early !== null && !early.ok) return early;
  const body = await openBody(request, early?.value ?? null);
  if (!body.ok) return body;
  const parsed = parseBody(body.value.json, call);
  if (!parsed.ok) return parsed;
  const key = early ?? authenticate(writeKeyText(parsed.value.envelope, request), edge);
  if (!key.ok) return key;
  const judged = judge(parsed.value, body.value.json, call, key.value);
  if (!judged.ok) return judged;
  const receipt = receiptOf(request, call, edge, key.value, parsed.value.envelope, receivedAtMs);
  const { events } = parsed.value.envelope;
  const rejected = judged.value;
  const gzipped = body.value.wire ?? gzip(body.value.json);
  const tools = { gzip, nextSequence: () => edge.nextSequence() };
  const messages = packMessages({ receipt, events, rejected, body: gzipped }, tools);
  if (!(await deliver(messages, receipt.receiptId, ports))) return fail("queue_unavailable");
  count(edge, events.length, rejected);
  const serverTime = new Date().toISOString();
  const accepted = events.length - rejected.length;
  return ok({ success: true, accepted, rejected: rejectedInReply(events, rejected), serverTime });
}

/** Whether a key may write. A forged, a revoked and a foreign one are told the same. */
function authenticate(text: string | null, edge: Edge): Result<WriteKey, RefusalCode> {
  if (text === null) return fail("missing_write_key");
  const key = edge.keyring.verify(text);
  if (key === null || keyStanding(edge.registry.snapshot, key) === "revoked") return fail("unknown_write_key");
  return ok(key);
}

interface OpenBody {
  /** The client's own gzip, to be forwarded as it is; `null` when it sent plain JSON. */
  readonly wire: Uint8Array | null;
  readonly json: Uint8Array;
}

/** Reads and inflates within the ceiling of the key, or within the server's while the key is still in the body. */
async function openBody(request: Request, key: WriteKey | null): Promise<Result<OpenBody, RefusalCode>> {
  const { wireBytesMax, bytesMax } = bodyCeiling(key?.kind ?? null);
  const wire = await readBody(request, wireBytesMax);
  if (!wire.ok) return wire;
  if (!isGzip(wire.value)) {
    return wire.value.length > bytesMax ? fail("request_too_large") : ok({ wire: null, json: wire.value });
  }
  const json = gunzipBounded(wire.value, bytesMax);
  return json.ok ? ok({ wire: wire.value, json: json.value }) : json;
}

/** The key where a body or a query names one; the header has been asked before. */
function writeKeyText(envelope: Envelope, request: Request): string | null {
  const text = envelope.writeKey ?? new URL(request.url).searchParams.get("writeKey");
  return text === null || text === "" ? null : text;
}

/** Checks what only now can be checked, then gives every event its verdict. */
function judge(
  body: ParsedBody,
  json: Uint8Array,
  call: Call,
  key: WriteKey,
): Result<readonly RejectedEvent[], RefusalCode> {
  if (json.length > bodyCeiling(key.kind).bytesMax) return fail("request_too_large");
  if (!body.hasEvents) return fail("invalid_batch");
  const { events } = body.envelope;
  if (events.length > batchEventsMax) return fail("too_many_events");
  const rejected = judgeEvents(events, call.impliedType);
  // Accepted events are known to be shallow. A rejected one may be as deep as its bytes allow, and a small body was not
  // scanned before parsing: one that nobody could serialize again must not reach the consumer.
  const scan = rejected.length > 0 ? scanBody(json) : ok(null);
  return scan.ok ? ok(rejected) : scan;
}

function receiptOf(
  request: Request,
  call: Call,
  edge: Edge,
  key: WriteKey,
  envelope: Envelope,
  receivedAtMs: number,
): SharedReceipt {
  const { headers } = request;
  return {
    receiptId: edge.nextReceiptId(receivedAtMs),
    receivedAtMs,
    isolateId: edge.isolateId,
    project: key.project,
    source: key.source,
    keyKind: key.kind,
    keySerial: key.serial,
    sentAtMs: envelope.sentAt === null ? null : parseTime(envelope.sentAt),
    clockOffsetMs: envelope.clockOffsetMs,
    geo: geoOf(Reflect.get(request, "cf")),
    ip: ipUnderPolicy(headers.get("cf-connecting-ip"), ipPolicyOf(edge.registry.snapshot, key)),
    userAgent: userAgentOf(headers.get("user-agent")),
    impliedType: call.impliedType,
    rulesVersion,
  };
}

function count(edge: Edge, received: number, rejected: readonly RejectedEvent[]): void {
  edge.counters.eventsAccepted(received - rejected.length);
  for (const { reason } of rejected) edge.counters.eventRejected(reason);
}
