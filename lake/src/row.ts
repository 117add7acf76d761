import {
  birthOfMessageId,
  eventWithType,
  type EventType,
  field,
  hourOf,
  identityOf,
  isEventType,
  isObject,
  type Json,
  type JsonObject,
  objectField,
  type Receipt,
  serverMessageId,
  textField,
} from "@sluice/schema";
import { campaignOf } from "./campaign.ts";
import type { Row } from "./columns.ts";
import { eventTimeOf } from "./event-time.ts";
import { extraOf } from "./extra.ts";
import { jsonText, wellFormed } from "./json-text.ts";
import { moneyOf } from "./money.ts";
import { userAgentFacts } from "./user-agent.ts";

/**
 * The row of an accepted event. Pure: the same event and receipt give the same row, whenever and wherever.
 *
 * @param raw the event as sent; it has passed `judgeEvent` (with the receipt's implied type).
 * @param index index of the event in the original request.
 */
export function rowOf(raw: JsonObject, receipt: Receipt, index: number): Row {
  const type = typeOf(raw, receipt);
  const context = objectField(raw, "context") ?? none;
  const properties = objectField(raw, "properties") ?? none;
  const messageId = textField(raw, "messageId");
  const library = objectField(context, "library") ?? none;
  const sdkName = textField(library, "name");
  const time = eventTimeOf(raw, receipt, sdkName);
  return {
    message_id: wellFormed(messageId ?? serverMessageId(receipt.receiptId, index)),
    message_id_source: messageId === null ? "server" : "client",
    type,
    event: type === "track" ? text(raw, "event") : null,
    time: time.timeMs,
    original_time: time.originalMs,
    sent_time: receipt.sentAtMs,
    received_time: receipt.receivedAtMs,
    time_source: time.timeSource,
    ...identityColumns(raw, context),
    source: receipt.source,
    key_kind: receipt.keyKind,
    sdk_name: text(library, "name"),
    sdk_version: text(library, "version"),
    ...pageColumns(type, context, properties),
    ...deviceColumns(context, receipt),
    ...placeColumns(context, receipt),
    ...(type === "track" ? moneyOf(properties) : noMoney),
    receipt_id: receipt.receiptId,
    receipt_index: index,
    name: type === "page" || type === "screen" ? (text(raw, "name") ?? text(properties, "name")) : null,
    properties: json(field(raw, "properties")),
    traits: json(objectField(raw, "traits") ?? (type === "identify" ? field(context, "traits") : undefined)),
    context: json(field(raw, "context")),
    extra: json(extraOf(raw, type, receipt) ?? undefined),
  };
}

/** Hour (ms) of the file that holds the row: that of its `time`, which is the receipt's where that is all there is. */
export function fileHourOf(row: Row, receipt: Receipt): number {
  return hourOf(row.time_source === "receipt" ? receipt.receivedAtMs : row.time);
}

/**
 * Hour (ms) of the bucket of seen ids that holds the event's: the same for every resend of it. The birth hour
 * in the client's id, else the hour of its own time as sent, else the receipt's.
 */
export function bucketHourOf(raw: JsonObject, row: Row, receipt: Receipt): number {
  const clientId = textField(raw, "messageId");
  const birthMs = clientId === null ? null : birthOfMessageId(clientId);
  return hourOf(birthMs ?? row.original_time ?? receipt.receivedAtMs);
}

const none: JsonObject = {};
const noMoney = { revenue: null, currency: null };

function typeOf(raw: JsonObject, receipt: Receipt): EventType {
  const typed = eventWithType(raw, receipt.impliedType);
  const type = isObject(typed) ? field(typed, "type") : undefined;
  if (!isEventType(type)) throw new Error("rowOf takes events that passed judgeEvent");
  return type;
}

function identityColumns(raw: JsonObject, context: JsonObject) {
  const session = objectField(context, "session") ?? none;
  return {
    user_id: wellFormedOrNull(identityOf(raw, "userId")),
    anonymous_id: wellFormedOrNull(identityOf(raw, "anonymousId")),
    previous_id: wellFormedOrNull(identityOf(raw, "previousId")),
    group_id: wellFormedOrNull(identityOf(raw, "groupId")) ?? text(context, "groupId"),
    session_id: textOrNumber(session, "id") ?? textOrNumber(context, "sessionId"),
  };
}

function pageColumns(type: EventType, context: JsonObject, properties: JsonObject) {
  const page = objectField(context, "page") ?? none;
  const own = type === "page" ? properties : none;
  const url = text(page, "url") ?? text(own, "url");
  const campaign = campaignOf(context, url);
  return {
    page_url: url,
    page_path: text(page, "path") ?? text(own, "path"),
    page_title: text(page, "title") ?? text(own, "title"),
    page_referrer: text(page, "referrer") ?? text(own, "referrer"),
    campaign_source: wellFormedOrNull(campaign.source),
    campaign_medium: wellFormedOrNull(campaign.medium),
    campaign_name: wellFormedOrNull(campaign.name),
    campaign_term: wellFormedOrNull(campaign.term),
    campaign_content: wellFormedOrNull(campaign.content),
  };
}

function deviceColumns(context: JsonObject, receipt: Receipt) {
  const userAgent = text(context, "userAgent") ?? wellFormedOrNull(ofPublic(receipt, receipt.userAgent));
  const facts = userAgentFacts(userAgent);
  const app = objectField(context, "app") ?? none;
  return {
    device_type: text(objectField(context, "device") ?? none, "type") ?? facts.deviceType,
    os_name: text(objectField(context, "os") ?? none, "name") ?? facts.osName,
    browser_name: facts.browserName,
    is_bot: facts.isBot,
    user_agent: userAgent,
    app_name: text(app, "name"),
    app_version: text(app, "version"),
  };
}

function placeColumns(context: JsonObject, receipt: Receipt) {
  return {
    country: ofPublic(receipt, receipt.geo.country),
    region: ofPublic(receipt, receipt.geo.region),
    city: ofPublic(receipt, receipt.geo.city),
    ip: ofPublic(receipt, receipt.ip),
    locale: text(context, "locale"),
    timezone: text(context, "timezone"),
  };
}

/** A fact about the sender: the user's device where the key is public, else the customer's server, which no row is about. */
function ofPublic(receipt: Receipt, value: string | null): string | null {
  return receipt.keyKind === "public" ? value : null;
}

function text(object: JsonObject, name: string): string | null {
  return wellFormedOrNull(textField(object, name));
}

function textOrNumber(object: JsonObject, name: string): string | null {
  const value = field(object, name);
  return typeof value === "number" ? String(value) : text(object, name);
}

function wellFormedOrNull(value: string | null): string | null {
  return value === null ? null : wellFormed(value);
}

function json(value: Json | undefined): string | null {
  return isObject(value) ? jsonText(value) : null;
}
