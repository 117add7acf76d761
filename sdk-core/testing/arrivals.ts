import { correctedTimeMs, envelopeOf, isObject, type Json, parseTime } from "@sluice/schema";

/** Message ids of one request of an SDK, and the times that the server files their events under. */
export function arrivalsOf(
  body: string,
  receivedAtMs: number,
  library: string,
): readonly (readonly [string, number])[] {
  const { events, sentAt, clockOffsetMs } = envelopeOf(JSON.parse(body) as Json);
  const clock = { receivedAtMs, clockOffsetMs, sentAtMs: sentAt === null ? null : parseTime(sentAt) };
  return events.filter(isObject).map(({ messageId, timestamp }) => {
    const ms = parseTime(String(timestamp)) ?? NaN;
    return [String(messageId), correctedTimeMs(ms, clock, library)];
  });
}
