import fc from "fast-check";
import { rejectReasons } from "../src/reasons.ts";
import type { QueueMessage } from "../src/queue-codec.ts";
import type { Receipt, RejectedEvent } from "../src/receipt.ts";
import type { WriteKey } from "../src/write-key.ts";
import { anyText } from "./json.ts";

/** A name of a project or a source. */
export function name(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/);
}

/** What a write key says; its signature is made by who has the secret. */
export function writeKeyParts(): fc.Arbitrary<WriteKey> {
  return fc.record({
    project: name(),
    source: name(),
    kind: fc.constantFrom("public", "server"),
    serial: fc.integer({ min: 1, max: 999_999_999 }),
  });
}

/** A receipt that the codec can encode: up to 20 events, some of them rejected, every optional field present or not. */
export function receipt(): fc.Arbitrary<Receipt> {
  const text = fc.oneof(anyText(), fc.constant(null));
  const time = fc.integer({ min: 1_500_000_000_000, max: 2_000_000_000_000 });
  const shared = {
    receiptId: fc.ulid(),
    receivedAtMs: time,
    isolateId: fc.uuid(),
    sequence: fc.nat(),
    sentAtMs: fc.oneof(time, fc.constant(null)),
    clockOffsetMs: fc.oneof(fc.integer(), fc.constant(null)),
    geo: fc.record({ country: text, region: text, city: text }),
    ip: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(null)),
    userAgent: text,
    gpc: fc.constant(true),
    impliedType: fc.constantFrom(null, "track", "page"),
    firstIndex: fc.nat({ max: 9_000 }),
    eventCount: fc.integer({ min: 1, max: 20 }),
    rulesVersion: fc.constant(1),
  };
  const requiredKeys = (Object.keys(shared) as (keyof typeof shared)[]).filter((key) => key !== "gpc");
  const rejectedFlags = fc.array(rejection(), { minLength: 20, maxLength: 20 });
  return fc
    .tuple(fc.record(shared, { requiredKeys }), writeKeyParts(), rejectedFlags)
    .map(([header, key, verdicts]) => {
      const { project, source, kind: keyKind, serial: keySerial } = key;
      const rejected = verdicts
        .slice(0, header.eventCount)
        .flatMap((verdict, i) => (verdict === null ? [] : [{ index: header.firstIndex + i, ...verdict }]));
      return { ...header, project, source, keyKind, keySerial, rejected };
    });
}

/** A verdict of rejection, or `null` for an event that was accepted. */
function rejection(): fc.Arbitrary<Omit<RejectedEvent, "index"> | null> {
  const rejected = fc.record({
    reason: fc.constantFrom(...rejectReasons),
    field: fc.constantFrom("", "type", "messageId", "properties"),
    message: fc.string({ maxLength: 80 }),
  });
  return fc.option(rejected, { nil: null });
}

/** A queue message; its body is arbitrary bytes, which the codec does not look into. */
export function queueMessage(): fc.Arbitrary<QueueMessage> {
  return fc.record({ receipt: receipt(), body: fc.uint8Array({ maxLength: 300 }) });
}
