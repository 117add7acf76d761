import { expect, test } from "vitest";
import { refusalCodes, refusalOf } from "./refusal.ts";

test("W21: every refusal is JSON with success, code and message; what is ours to mend says when to come back", () => {
  for (const code of refusalCodes) {
    const { status, body, retryAfterSeconds } = refusalOf(code);
    expect(Object.keys(body)).toEqual(["success", "code", "message"]);
    expect(body).toMatchObject({ success: false, code });
    expect(body.message.length).toBeGreaterThan(10);
    expect(status === 503 || status === 429).toBe(retryAfterSeconds !== null);
    if (retryAfterSeconds !== null) expect(Number.isInteger(retryAfterSeconds) && retryAfterSeconds <= 300).toBe(true);
  }
});

test("W11: the refusal of what is no batch names the field batch", () => {
  expect(refusalOf("invalid_batch")).toMatchObject({ status: 400 });
  expect(refusalOf("invalid_batch").body.message).toContain("batch");
});
