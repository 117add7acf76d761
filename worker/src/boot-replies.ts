import type { JsonObject, WriteKey } from "@sluice/schema";
import type { IngestHost } from "./hosts.ts";

/*
 * What SDKs of other makers ask before they send anything. The shapes are theirs: the least of the original replies with which
 * their published versions work.
 */

/**
 * Segment's settings. Its mobile SDKs move all uploads to `apiHost`, and its web SDK sends nothing without an entry
 * `Segment.io`. The web SDK takes `https` unless told otherwise, so that plain HTTP is said only where it is so.
 *
 * @param text the write key as the client knows it.
 */
export function settingsReply(text: string, { protocol, host }: IngestHost): JsonObject {
  const plain = protocol === "http" ? { protocol: "http" } : {};
  return { integrations: { "Segment.io": { apiKey: text, apiHost: `${host}/v1`, ...plain } } };
}

/**
 * RudderStack's source configuration: a source without destinations in the browser, and without reports of errors and
 * metrics to RudderStack itself.
 *
 * @param updatedAt ISO 8601; the SDK wants one and does nothing with it.
 */
export function sourceConfigReply(text: string, key: WriteKey, updatedAt: string): JsonObject {
  return {
    source: {
      id: key.source,
      name: key.source,
      writeKey: text,
      enabled: true,
      workspaceId: key.project,
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      destinations: [],
      connections: [],
      sourceDefinition: {},
    },
    updatedAt,
  };
}
