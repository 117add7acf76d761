import { field, type JsonObject, textField } from "@sluice/schema";
import { printable } from "../terminal/table.ts";

/** Characters of a document that a line shows. */
const documentLengthMax = 160;

const green = "\u001B[32m";
const red = "\u001B[31m";
const dim = "\u001B[2m";
const plain = "\u001B[0m";

/** Marks that turn the direction of text, and separators of lines: a terminal would show other text than there is. */
const deceptive = /[\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/** One event as a line for people. Whatever it holds, the line has no control characters but our own colours. */
export function eventLine(event: JsonObject, hasColor: boolean): string {
  const color = (code: string, text: string): string => (hasColor ? `${code}${text}${plain}` : text);
  const isStored = textField(event, "outcome") === "stored";
  const time = timeText(event);
  const source = safe(textField(event, "source") ?? "").padEnd(8);
  const parts = isStored ? storedParts(event) : rejectedParts(event);
  const [head = "", ...rest] = parts.filter((part) => part !== "");
  const mark = isStored ? color(green, `✓ ${head}`) : color(red, `✗ ${head}`);
  return [color(dim, time), source, mark, ...rest].join("  ");
}

/** One event as a line of JSON; control characters and such are escaped. */
export function eventJson(event: JsonObject): string {
  return JSON.stringify(event).replaceAll(
    /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g,
    (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    },
  );
}

function storedParts(event: JsonObject): string[] {
  const text = (name: string): string => safe(textField(event, name) ?? "");
  const user = text("user_id") === "" ? "" : `user=${text("user_id")}`;
  const anonymous = text("anonymous_id") === "" ? "" : `anonymous=${text("anonymous_id")}`;
  const bot = field(event, "is_bot") === true ? "bot" : "";
  const named = text("event") === "" ? text("name") : text("event");
  return [text("type"), named, user, anonymous, bot, cut(text("properties"))];
}

function rejectedParts(event: JsonObject): string[] {
  const text = (name: string): string => safe(textField(event, name) ?? "");
  return [text("reason"), text("message"), cut(text("raw"))];
}

function timeText(event: JsonObject): string {
  const ms = field(event, "received_time");
  const isTime = typeof ms === "number" && Number.isFinite(ms) && Math.abs(ms) < 8.64e15;
  return isTime ? new Date(ms).toISOString().slice(11, 23) : "--:--:--.---";
}

function safe(text: string): string {
  return printable(text).replaceAll(deceptive, "�");
}

function cut(text: string): string {
  return text.length > documentLengthMax ? `${text.slice(0, documentLengthMax)}…` : text;
}
