import { expect, test } from "vitest";
import { newIdentity, parseIdentity, touchSession } from "./identity.ts";

function counter(): () => string {
  let count = 0;
  return () => `id${++count}`;
}

test("S17: a session goes on for 30 idle minutes, then a new one begins", () => {
  const newId = counter();
  const first = touchSession(newIdentity(newId), 1e12, newId);
  const second = touchSession(first, 1e12 + 30 * 60_000, newId);
  const third = touchSession(second, 1e12 + 60 * 60_000 + 1, newId);
  expect([first.sessionId, second.sessionId, third.sessionId]).toEqual(["id2", "id2", "id3"]);
  expect(third.anonymousId).toBe("id1");
});

test("S17: an identity survives being written; anything else written there gives a new one", () => {
  const state = touchSession(newIdentity(counter()), 5, counter());
  expect(parseIdentity(JSON.stringify(state), counter())).toEqual(state);
  for (const text of [null, "", "{", "null", "[]", "7", "{}"]) {
    expect(parseIdentity(text, counter())).toEqual({ anonymousId: "id1", userId: "", sessionId: "", lastMs: 0 });
  }
});
