import {
  batchEventsMax,
  cookieDomainOf,
  type Envelope,
  fail,
  type IngestReply,
  ipPolicyOf,
  ipUnderPolicy,
  isOriginAllowed,
  type Json,
  keyStanding,
  ok,
  parseTime,
  publicRequestBytesMax,
  type RejectedEvent,
  type RejectedInReply,
  type Result,
  rulesVersion,
  type WriteKey,
} from "@sluice/schema";
import { bodyCeiling, inflateCeiling, type ParsedBody, parseBody } from "../body.ts";
import type { Call } from "../call.ts";
import type { CountedRequest } from "../counters.ts";
import { isGzip } from "../gzip-frame.ts";
import { renewedIdentityCookie } from "../identity-cookie.ts";
import { judgeEvents, rejectedInReply, withOriginVerdict } from "../judge.ts";
import { writeKeyCandidates } from "../large-body-key.ts";
import { libraryLabel } from "../library-label.ts";
import { type Client, clientOf, userAgentOf } from "../origin.ts";
import type { RequestNumbers } from "../message-numbers.ts";
import { packMessages, type PackedMessage, type SharedReceipt } from "../pack.ts";
import type { RefusalCode } from "../refusal.ts";
import { scanBody } from "../scan.ts";
import { basicWriteKey } from "../write-key-place.ts";
import { deliver, type DeliveryPorts } from "./deliver.ts";
import type { Edge } from "./edge.ts";
import { gunzipBounded, gzip } from "./gzip.ts";
import { readBody } from "./read-body.ts";
import type { TimeLimits } from "./time-limit.ts";

/**
 * Takes one ingest request: key, body, verdicts, messages, and only when those are durable the reply. Its steps
 * are the functions below, in this order.
 */
export async function ingest(
  request: Request,
  call: Call,
  edge: Edge,
  ports: DeliveryPorts,
): Promise<Result<TakenRequest, RefusalCode>> {
  if (edge.draining) return fail("draining");
  if (!edge.keyring.isConfigured) return fail("not_configured");
  const judged = await judgedRequest(request, call, edge, ports.limits);
  if (!judged.ok) return judged;
  const { receiptId, messages, numbers, counted, rejected, setCookie } = judged.value;
  const isDurable = await deliver(messages, receiptId, ports);
  numbers.settle(isDurable);
  if (!isDurable) return fail("queue_unavailable");
  edge.counters.requestAccepted(counted);
  const serverTime = new Date().toISOString();
  const reply = { success: true as const, accepted: counted.events - rejected.length, rejected, serverTime };
  return ok({ reply, setCookie });
}

/** What a request that was taken is answered with. */
export interface TakenRequest {
  readonly reply: IngestReply;
  /** The visitor's identity cookie, renewed; `null` where none is set. */
  readonly setCookie: string | null;
}

/**
 * What is left of a request once it is judged and packed. The parsed events are not: while the queue is awaited, some thousand
 * objects of each request under way would otherwise be kept and copied around by the garbage collector.
 */
interface JudgedRequest {
  readonly receiptId: string;
  readonly messages: readonly PackedMessage[];
  /** The numbers of these messages, to be settled when it is known whether they are durable. */
  readonly numbers: Pick<RequestNumbers, "settle">;
  readonly counted: CountedRequest;
  readonly rejected: readonly RejectedInReply[];
  readonly setCookie: string | null;
}

async function judgedRequest(
  request: Request,
  call: Call,
  edge: Edge,
  limits: TimeLimits,
): Promise<Result<JudgedRequest, RefusalCode>> {
  const receivedAtMs = Date.now();
  const headerKey = basicWriteKey(request.headers.get("authorization"));
  const early = headerKey === null ? null : await admit(headerKey, request, edge, limits);
  if (early !== null && !early.ok) return early;
  const body = await openBody(request, early?.value ?? null, edge, limits);
  if (!body.ok) return body;
  const parsed = parseBody(body.value.json, call);
  if (!parsed.ok) return parsed;
  const key = early ?? (await admit(writeKeyText(parsed.value.envelope, request), request, edge, limits));
  if (!key.ok) return key;
  const judged = judge(parsed.value, body.value.json, call, key.value);
  if (!judged.ok) return judged;
  const receipt = receiptOf(request, call, edge, key.value, parsed.value.envelope, receivedAtMs);
  const { events } = parsed.value.envelope;
  const rejected = rejectedByOrigin(events, judged.value, key.value, request, edge);
  const gzipped = body.value.wire ?? gzip(body.value.json);
  const numbers = edge.numbers.forRequest(receipt);
  return ok({
    receiptId: receipt.receiptId,
    messages:
      events.length === 0 ? [] : packMessages({ receipt, events, rejected, body: gzipped }, { gzip, ...numbers }),
    numbers,
    counted: countedRequest(receipt, body.value, events, rejected),
    rejected: rejectedInReply(events, rejected),
    setCookie: renewedIdentityCookie(request.headers, cookieDomainOf(edge.registry.snapshot, key.value)),
  });
}

/** Whether a key may write. A forged, a revoked and a foreign one are told the same. */
function authenticate(text: string | null, edge: Edge): Result<WriteKey, RefusalCode> {
  if (text === null) return fail("missing_write_key");
  const key = edge.keyring.verify(text);
  if (key === null || keyStanding(edge.registry.snapshot, key) === "revoked") return fail("unknown_write_key");
  return ok(key);
}

/** Authenticates, and slows down who sends too much. */
async function admit(
  text: string | null,
  request: Request,
  edge: Edge,
  limits: TimeLimits,
): Promise<Result<WriteKey, RefusalCode>> {
  const key = authenticate(text, edge);
  if (!key.ok) return key;
  const address = (): string | null => clientOfRequest(request, edge).address;
  return (await edge.brake.isOver(key.value, address, Date.now(), limits)) ? fail("too_many_requests") : key;
}

interface OpenBody {
  /** The client's own gzip, to be forwarded as it is; `null` when it sent plain JSON. */
  readonly wire: Uint8Array | null;
  readonly json: Uint8Array;
}

/**
 * Reads and inflates within the ceiling of the key. While the key is still in the body, a large one is let through only when a
 * server key stands in it (or in the query): to parse it is what costs, and a stranger must not be able to ask for that.
 */
async function openBody(
  request: Request,
  key: WriteKey | null,
  edge: Edge,
  limits: TimeLimits,
): Promise<Result<OpenBody, RefusalCode>> {
  const { wireBytesMax, bytesMax } = bodyCeiling(key?.kind ?? null);
  const wire = await readBody(request, wireBytesMax, limits, edge.settings.bodyMsMax);
  if (!wire.ok) return wire;
  const isGzipped = isGzip(wire.value);
  const json = isGzipped ? gunzipBounded(wire.value, inflateCeiling(wire.value.length, bytesMax)) : ok(wire.value);
  if (!json.ok) return json;
  const isOver = json.value.length > (key === null ? publicRequestBytesMax : bytesMax);
  if (isOver && (key !== null || !namesServerKey(json.value, request, edge))) return fail("request_too_large");
  return ok({ wire: isGzipped ? wire.value : null, json: json.value });
}

/** Whether a body, or the query, names a server key that verifies. The body is searched, not parsed. */
function namesServerKey(json: Uint8Array, request: Request, edge: Edge): boolean {
  const texts = [
    ...writeKeyCandidates(new TextDecoder().decode(json)),
    new URL(request.url).searchParams.get("writeKey") ?? "",
  ];
  return texts.some((text) => edge.keyring.verify(text)?.kind === "server");
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
  if (!body.isIngest) return fail("invalid_batch");
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
  const client = clientOfRequest(request, edge);
  const ipPolicy = ipPolicyOf(edge.registry.snapshot, key);
  return {
    receiptId: edge.nextReceiptId(receivedAtMs),
    receivedAtMs,
    project: key.project,
    source: key.source,
    keyKind: key.kind,
    keySerial: key.serial,
    sentAtMs: envelope.sentAt === null ? null : parseTime(envelope.sentAt),
    clockOffsetMs: envelope.clockOffsetMs,
    geo: client.geo,
    ip: ipUnderPolicy(client.address, ipPolicy),
    ipPolicy,
    userAgent: userAgentOf(headers.get("user-agent")),
    gpc: headers.get("sec-gpc") === "1",
    impliedType: call.impliedType,
    rulesVersion,
  };
}

function clientOfRequest(request: Request, edge: Edge): Client {
  return clientOf(request.headers, Reflect.get(request, "cf"), edge.settings.proxySecrets);
}

/**
 * The verdicts, and one on every other event when the page they come from may not use the key. They are kept as rejected, not refused:
 * a forgotten origin in the registry then costs nothing that cannot be brought back.
 */
function rejectedByOrigin(
  events: readonly Json[],
  rejected: readonly RejectedEvent[],
  key: WriteKey,
  request: Request,
  edge: Edge,
): readonly RejectedEvent[] {
  if (isOriginAllowed(edge.registry.snapshot, key, request.headers.get("origin"))) return rejected;
  return withOriginVerdict(events.length, rejected);
}

function countedRequest(
  receipt: SharedReceipt,
  body: OpenBody,
  events: readonly Json[],
  rejected: readonly RejectedEvent[],
): CountedRequest {
  return {
    source: `${receipt.project}/${receipt.source}`,
    library: libraryLabel(events[0]),
    wireBytes: (body.wire ?? body.json).length,
    bodyBytes: body.json.length,
    events: events.length,
    reasons: rejected.map(({ reason }) => reason),
  };
}
