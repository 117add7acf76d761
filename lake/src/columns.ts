import type { RowOf } from "./column.ts";

/*
 * THE column tables of format version 1. The row types, the writer, the readers and the tables in FORMAT.md
 * derive from them. A change here is a change of the format: columns may be added, nullable, at the end of
 * their table; they are never renamed, retyped or removed.
 */

/** Version of the format, in every file as `sluice.format`. */
export const formatVersion = 1;

/** Columns of `events`: one row per accepted event. */
export const eventColumns = [
  {
    name: "message_id",
    type: "string",
    nullable: false,
    about: "Id of the event; unique per project and key kind",
  },
  {
    name: "message_id_source",
    type: "string",
    nullable: false,
    about: "`client`, or `server` where the event came without an id",
  },
  {
    name: "type",
    type: "string",
    nullable: false,
    about: "`track`, `identify`, `page`, `screen`, `group` or `alias`",
  },
  { name: "event", type: "string", nullable: true, about: "Name of a track event" },
  {
    name: "time",
    type: "timestamp",
    nullable: false,
    about: "Corrected event time; its hour is the hour of the file",
  },
  {
    name: "original_time",
    type: "timestamp",
    nullable: true,
    about: "The event's own time as sent (`timestamp`, else `originalTimestamp`)",
  },
  { name: "sent_time", type: "timestamp", nullable: true, about: "`sentAt` of its batch as sent" },
  { name: "received_time", type: "timestamp", nullable: false, about: "When the edge received it" },
  {
    name: "time_source",
    type: "string",
    nullable: false,
    about:
      "`client`: `time` is the event's own, corrected; `receipt`: `time` is `received_time`, as the event had none or none that may be believed",
  },
  { name: "user_id", type: "string", nullable: true, about: "`userId`; never empty" },
  { name: "anonymous_id", type: "string", nullable: true, about: "`anonymousId`; never empty" },
  { name: "previous_id", type: "string", nullable: true, about: "`previousId` (alias)" },
  { name: "group_id", type: "string", nullable: true, about: "`groupId`, else `context.groupId`" },
  {
    name: "session_id",
    type: "string",
    nullable: true,
    about: "`context.session.id`, else `context.sessionId`",
  },
  { name: "source", type: "string", nullable: false, about: "Source of the write key" },
  { name: "key_kind", type: "string", nullable: false, about: "`public` or `server`" },
  { name: "sdk_name", type: "string", nullable: true, about: "`context.library.name`" },
  { name: "sdk_version", type: "string", nullable: true, about: "`context.library.version`" },
  {
    name: "page_url",
    type: "string",
    nullable: true,
    about: "`context.page.url`; of a page call, else `properties.url`",
  },
  { name: "page_path", type: "string", nullable: true, about: "`path`, likewise" },
  { name: "page_title", type: "string", nullable: true, about: "`title`, likewise" },
  {
    name: "page_referrer",
    type: "string",
    nullable: true,
    about: "`referrer`, likewise; null where it is RudderStack's `$direct`",
  },
  {
    name: "campaign_source",
    type: "string",
    nullable: true,
    about: "`context.campaign.source`; without `context.campaign`, `utm_source` of `page_url`",
  },
  {
    name: "campaign_medium",
    type: "string",
    nullable: true,
    about: "`medium`, `utm_medium`, likewise",
  },
  {
    name: "campaign_name",
    type: "string",
    nullable: true,
    about: "`name`, `utm_campaign`, likewise",
  },
  { name: "campaign_term", type: "string", nullable: true, about: "`term`, `utm_term`, likewise" },
  {
    name: "campaign_content",
    type: "string",
    nullable: true,
    about: "`content`, `utm_content`, likewise",
  },
  {
    name: "device_type",
    type: "string",
    nullable: true,
    about: "`context.device.type` as stated, by apps `ios` or `android`",
  },
  {
    name: "os_name",
    type: "string",
    nullable: true,
    about: "`context.os.name`, else by the user agent",
  },
  { name: "browser_name", type: "string", nullable: true, about: "By the user agent" },
  {
    name: "is_bot",
    type: "boolean",
    nullable: false,
    about:
      "Whether the user agent is that of a crawler, a monitor or an automated browser; such events are kept, and KPIs leave them out",
  },
  {
    name: "country",
    type: "string",
    nullable: true,
    about: "ISO 3166 code, of the request; only for public keys",
  },
  { name: "region", type: "string", nullable: true, about: "Likewise" },
  { name: "city", type: "string", nullable: true, about: "Likewise" },
  {
    name: "ip",
    type: "string",
    nullable: true,
    about: "Client address under the source's IP policy: for public keys the request's, for server keys `context.ip`",
  },
  {
    name: "user_agent",
    type: "string",
    nullable: true,
    about: "`context.userAgent`; for public keys, else the request's",
  },
  { name: "locale", type: "string", nullable: true, about: "`context.locale`" },
  { name: "timezone", type: "string", nullable: true, about: "`context.timezone`" },
  { name: "app_name", type: "string", nullable: true, about: "`context.app.name`" },
  { name: "app_version", type: "string", nullable: true, about: "`context.app.version`" },
  {
    name: "revenue",
    type: "decimal",
    nullable: true,
    about: "`properties.revenue` of a track event, number or numeric text, rounded half-even; null outside ±10¹²",
  },
  {
    name: "currency",
    type: "string",
    nullable: true,
    about: "`properties.currency` of a track event where it is three letters, in upper case",
  },
  { name: "receipt_id", type: "string", nullable: false, about: "Request that brought it" },
  {
    name: "receipt_index",
    type: "int32",
    nullable: false,
    about: "Index of the event in that request, from 0",
  },
  {
    name: "name",
    type: "string",
    nullable: true,
    about: "`name` of a page or screen call, else its `properties.name`",
  },
  { name: "properties", type: "json", nullable: true, about: "`properties` as sent" },
  {
    name: "traits",
    type: "json",
    nullable: true,
    about: "`traits` as sent; of an identify call without it, `context.traits`",
  },
  { name: "context", type: "json", nullable: true, about: "`context` as sent" },
  {
    name: "extra",
    type: "json",
    nullable: true,
    about: "Object of all other top-level fields, as sent",
  },
  {
    name: "browser_version",
    type: "string",
    nullable: true,
    about: "Version of `browser_name`, by the user agent",
  },
  {
    name: "os_version",
    type: "string",
    nullable: true,
    about: "Version of `os_name`, from where that is: `context.os.version`, or the user agent",
  },
  {
    name: "device_class",
    type: "string",
    nullable: true,
    about: "`desktop`, `mobile`, `tablet` or `tv` by the user agent, else by `context.device`",
  },
  {
    name: "click_id_name",
    type: "string",
    nullable: true,
    about: "Parameter of `page_url` that holds an advertiser's click id, such as `gclid` or `fbclid`",
  },
  { name: "click_id", type: "string", nullable: true, about: "That click id" },
  {
    name: "consent",
    type: "json",
    nullable: true,
    about: "Object from consent category to whether it is allowed; `context` keeps what was sent",
  },
  {
    name: "gpc",
    type: "boolean",
    nullable: true,
    about: "Whether the browser sent `Sec-GPC: 1` (Global Privacy Control); only for public keys",
  },
] as const;

/** One row of `events`. Times are ms since 1970, UTC. */
export type Row = RowOf<typeof eventColumns>;

/** Columns of `rejected`: one row per rejected event. */
export const rejectedColumns = [
  { name: "receipt_id", type: "string", nullable: false, about: "Request that brought it" },
  {
    name: "receipt_index",
    type: "int32",
    nullable: false,
    about: "Index of the event in that request, from 0; unique with `receipt_id`",
  },
  { name: "message_id", type: "string", nullable: true, about: "`messageId` where it is one" },
  {
    name: "received_time",
    type: "timestamp",
    nullable: false,
    about: "When the edge received it; its hour is the hour of the file",
  },
  { name: "source", type: "string", nullable: false, about: "Source of the write key" },
  { name: "key_kind", type: "string", nullable: false, about: "`public` or `server`" },
  {
    name: "reason",
    type: "string",
    nullable: false,
    about: "Reason of the closed set in docs/SPEC.md",
  },
  {
    name: "field",
    type: "string",
    nullable: false,
    about: "Path of the offending field, or empty for the event as a whole",
  },
  {
    name: "message",
    type: "string",
    nullable: false,
    about: "The sentence that the sender was told",
  },
  {
    name: "raw",
    type: "string",
    nullable: true,
    about: "The event as JSON text, cut at 32,768 bytes; null where the request's body does not hold it",
  },
  { name: "redrivable", type: "boolean", nullable: false, about: "Whether `raw` is whole" },
  {
    name: "sdk_name",
    type: "string",
    nullable: true,
    about: "`context.library.name`, at most 100 characters",
  },
  {
    name: "ip",
    type: "string",
    nullable: true,
    about: "Sender's address after the source's IP policy",
  },
  { name: "user_agent", type: "string", nullable: true, about: "User agent of the request" },
  { name: "country", type: "string", nullable: true, about: "ISO 3166 code, of the request" },
  {
    name: "receipt",
    type: "json",
    nullable: true,
    about:
      "Object of what else the edge wrote down of the request; with it the event can be driven again as if sent then",
  },
] as const;

/** One row of `rejected`. */
export type RejectedRow = RowOf<typeof rejectedColumns>;
