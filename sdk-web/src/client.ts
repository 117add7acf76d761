import {
  type CallOptions,
  createUlid,
  type IdentityState,
  newIdentity,
  parseIdentity,
  touchSession,
} from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { WebClient, WebOptions } from "./options.ts";
import { now, random, startEngine } from "./shell/engine.ts";
import { pageContext, pageFields } from "./shell/page.ts";
import { openStorage, write } from "./shell/storage.ts";

const identityKey = "sluice.identity";

/** Starts a client. Needs a page: `document` and `window` must exist. */
export function startClient(options: WebOptions): WebClient {
  const storage = openStorage();
  const engine = startEngine(options, storage);
  const ulid = createUlid(random);
  const newId = (): string => ulid(now());
  let saved: string | null = null;

  // Read anew at every call, because another tab may have identified the user meanwhile.
  const read = (): IdentityState => parseIdentity(storage.getItem(identityKey) ?? saved, newId);
  const save = (state: IdentityState): IdentityState => {
    saved = JSON.stringify(state);
    write(storage, identityKey, saved);
    return state;
  };

  function call(type: EventType, fields: object, given?: CallOptions, userId?: string): void {
    try {
      const before = touchSession(read(), now(), newId);
      const state = save(userId ? { ...before, userId } : before);
      engine.enqueue(type, {
        anonymousId: state.anonymousId,
        userId: state.userId || undefined,
        ...fields,
        ...given,
        context: { ...pageContext(), session: { id: state.sessionId }, ...given?.context },
      } as CallOptions);
    } catch {
      // a page that has replaced a built-in must not break further because of its statistics
    }
  }

  return {
    track: (event, properties, given) => call("track", { event, properties }, given),
    identify: (userId, traits, given) => call("identify", { traits }, given, userId),
    page: (name, properties, given) => call("page", { name, properties: { ...pageFields(), ...properties } }, given),
    screen: (name, properties, given) => call("screen", { name, properties }, given),
    group: (groupId, traits, given) => call("group", { groupId, traits }, given),
    alias(userId, previousId, given) {
      const state = save(read());
      call("alias", { userId, previousId: previousId || state.userId || state.anonymousId }, given);
    },
    reset: () => void save(newIdentity(newId)),
    flush: (timeoutMs = 10_000) => engine.flush(timeoutMs),
    anonymousId: () => save(read()).anonymousId,
  };
}
