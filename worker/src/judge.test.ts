import type { Json } from "@sluice/schema";
import { expect, test } from "vitest";
import { judgeEvents, rejectedInReply, withOriginVerdict } from "./judge.ts";

test("W1: the path's type is given to events that have none, and never overrides their own", () => {
  const untyped = { event: "E", userId: "u" };
  expect(judgeEvents([untyped], "track")).toEqual([]);
  expect(judgeEvents([untyped], null)).toMatchObject([{ index: 0, reason: "unknown_type" }]);
  expect(judgeEvents([{ ...untyped, type: "nonsense" }], "track")).toMatchObject([{ reason: "unknown_type" }]);
  expect(judgeEvents([{ userId: "u", type: "page" }], "track")).toEqual([]);
});

test("W25: __proto__ stays an ordinary key and gives an event nothing", () => {
  const raw = JSON.parse('{"__proto__":{"userId":"u","type":"page"}}') as Json;
  expect(judgeEvents([raw], "page")).toMatchObject([{ reason: "missing_identity" }]);
  expect(judgeEvents([raw], null)).toMatchObject([{ reason: "unknown_type" }]);
});

test("W3: verdicts carry the index of the request, and the reply the sender's message id where it is one", () => {
  const good = { type: "page", userId: "u" };
  const events: readonly Json[] = [
    good,
    7,
    { messageId: "m-1" },
    good,
    { messageId: "m".repeat(101) },
    [],
    { messageId: 5 },
  ];
  const rejected = judgeEvents(events, null);
  expect(rejected.map(({ index }) => index)).toEqual([1, 2, 4, 5, 6]);
  expect(rejectedInReply(events, rejected).map(({ messageId }) => messageId)).toEqual([null, "m-1", null, null, null]);
});

test("W37: events from a page that may not use the key are rejected for that, those with a mistake for their mistake", () => {
  const rejected = judgeEvents([{ type: "page", userId: "u" }, 7, { type: "page", userId: "u" }], null);
  const verdicts = withOriginVerdict(3, rejected);
  expect(verdicts.map(({ index, reason }) => [index, reason])).toEqual([
    [0, "origin_not_allowed"],
    [1, "not_an_object"],
    [2, "origin_not_allowed"],
  ]);
});
