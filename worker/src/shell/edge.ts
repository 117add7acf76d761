import { monotonicFactory } from "ulid";
import { Counters } from "../counters.ts";
import { MessageNumbers } from "../message-numbers.ts";
import { Brake } from "./brake.ts";
import type { Env } from "./env.ts";
import { Keyring } from "./keyring.ts";
import { OwnSpills } from "./own-spills.ts";
import { Registry } from "./registry.ts";
import { type EdgeSettings, settingsOf } from "./settings.ts";

/** What one isolate keeps between requests. Nothing in it is needed to be kept. */
export interface Edge {
  readonly counters: Counters;
  readonly keyring: Keyring;
  readonly registry: Registry;
  readonly settings: EdgeSettings;
  readonly brake: Brake;
  readonly spills: OwnSpills;
  /** Numbers of the messages of this isolate, which has a random id. */
  readonly numbers: MessageNumbers;
  /** The next receipt id: a ULID, growing within the isolate. */
  nextReceiptId(nowMs: number): string;
  /** Set by the operator at local shutdown; ingest then refuses. */
  draining: boolean;
}

/** Bytes drawn at once: a call of `getRandomValues` for each of a ULID's 16 characters costs more than the ULID. */
const randomPoolBytes = 1024;

/** Numbers from 0 to below 1 in steps of 1/256, which is what a ULID's base-32 characters need. */
function pooledRandom(): () => number {
  const pool = new Uint8Array(randomPoolBytes);
  let at = randomPoolBytes;
  return () => {
    if (at === randomPoolBytes) {
      crypto.getRandomValues(pool);
      at = 0;
    }
    return (pool[at++] ?? 0) / 256;
  };
}

/** Makes an isolate's state. To be called while a request is handled: Workers draw no random numbers before one. */
export function createEdge(env: Env): Edge {
  const ulid = monotonicFactory(pooledRandom());
  const settings = settingsOf(env);
  const counters = new Counters();
  return {
    counters,
    settings,
    brake: new Brake(settings.isBrakeOn ? (env.BRAKE ?? null) : null, counters),
    spills: new OwnSpills(),
    keyring: new Keyring(env.WRITE_KEY_SECRETS ?? ""),
    registry: new Registry(env.REGISTRY_REFRESH_SECONDS ?? ""),
    numbers: new MessageNumbers(() => crypto.randomUUID()),
    nextReceiptId: (nowMs) => ulid(nowMs),
    draining: false,
  };
}
