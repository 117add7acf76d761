/*
 * Write keys for the tests of the edge, made as the operator's command makes them. Never used outside tests.
 */
import { createHmac } from "node:crypto";
import { formatWriteKey, type WriteKey, writeKeyPayload, writeKeySignedText } from "@sluice/schema";

/** The secret that the tests' Workers are started with. */
export const writeKeySecret = "a secret of the tests";

/** A write key: of the project `shop`, its source `web`, public and with serial 1 where `parts` does not say otherwise. */
export function writeKey(parts: Partial<WriteKey> = {}, secret = writeKeySecret): string {
  const key: WriteKey = { project: "shop", source: "web", kind: "public", serial: 1, ...parts };
  const hmac = createHmac("sha256", secret)
    .update(writeKeySignedText(writeKeyPayload(key)))
    .digest();
  return formatWriteKey(key, hmac);
}
