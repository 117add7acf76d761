import { createHmac } from "node:crypto";
import { parseWriteKey, signatureMatches, type WriteKey, writeKeySignedText } from "@sluice/schema";
import { verifiedKeysMax } from "../limits.ts";

/** Verifies write keys without a lookup, and remembers the ones that held. */
export class Keyring {
  readonly #secrets: readonly string[];
  /** By the key's text. Only verified keys get in, so strangers cannot fill it; the oldest leaves first. */
  readonly #verified = new Map<string, WriteKey>();

  /** @param secrets comma separated, as in `WRITE_KEY_SECRETS`. */
  constructor(secrets: string) {
    this.#secrets = secrets
      .split(",")
      .map((secret) => secret.trim())
      .filter((secret) => secret !== "");
  }

  /** Without a secret no key can be judged, and refusing them all would make clients drop their events. */
  get isConfigured(): boolean {
    return this.#secrets.length > 0;
  }

  /** What the key says, when one of the secrets signed it; else `null`, whatever is wrong with it. */
  verify(text: string): WriteKey | null {
    return this.#verified.get(text) ?? this.#verifyAfresh(text);
  }

  #verifyAfresh(text: string): WriteKey | null {
    const parsed = parseWriteKey(text);
    if (!parsed.ok) return null;
    const { key, payload, signature } = parsed.value;
    let holds = false;
    // Every secret is tried, so that the time does not tell which one holds.
    for (const secret of this.#secrets) {
      const hmac = createHmac("sha256", secret).update(writeKeySignedText(payload)).digest();
      holds = signatureMatches(signature, hmac) || holds;
    }
    if (!holds) return null;
    this.#remember(text, key);
    return key;
  }

  #remember(text: string, key: WriteKey): void {
    if (this.#verified.size >= verifiedKeysMax) {
      const oldest = this.#verified.keys().next();
      if (!oldest.done) this.#verified.delete(oldest.value);
    }
    this.#verified.set(text, key);
  }
}
