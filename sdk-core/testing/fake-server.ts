import { correctedTimeMs, envelopeOf, type Json, judgeEvent, objectField, parseTime, textField } from "@sluice/schema";
import type { SendReply, SendRequest } from "../src/ports.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What happens to one request: answered as usual, or one of the ways in which networks and servers fail. */
export type Fate = "ok" | "request lost" | "reply lost" | SendReply;

/** One request as the server saw it. */
export interface SeenRequest {
  readonly atMs: number;
  readonly ids: readonly string[];
  readonly clockOffsetMs: number | null;
  readonly bytes: number;
}

/** An ingest server in memory: judges events by the contract, stores each id once, corrects times as the lake does. */
export class FakeServer {
  /** Corrected time of each stored event by id; the first arrival counts. */
  readonly stored = new Map<string, number>();
  readonly requests: SeenRequest[] = [];
  /** Decides the fate of each request; default: all is well. */
  fate: (request: SeenRequest, index: number) => Fate = () => "ok";
  /** Ways there and back, ms. */
  delayMs: () => number = () => 20;
  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  readonly send = async (request: SendRequest): Promise<SendReply> => {
    await this.#time.sleep(this.delayMs());
    const envelope = envelopeOf(JSON.parse(request.body) as Json);
    const ids = envelope.events.map((event) => textField(event as never, "messageId") ?? "");
    const seen: SeenRequest = {
      atMs: this.#time.nowMs,
      ids,
      clockOffsetMs: envelope.clockOffsetMs,
      bytes: request.body.length,
    };
    const fate = this.fate(seen, this.requests.length);
    this.requests.push(seen);
    const reply = fate === "ok" || fate === "reply lost" ? this.#take(envelope) : null;
    await this.#time.sleep(this.delayMs());
    if (typeof fate === "object") return fate;
    return fate === "ok" && reply !== null ? reply : { status: 0 };
  };

  #take(envelope: ReturnType<typeof envelopeOf>): SendReply {
    const rejected: Json[] = [];
    envelope.events.forEach((raw, index) => {
      const verdict = judgeEvent(raw);
      if (verdict.ok) this.#store(envelope, verdict.value);
      else rejected.push({ index, messageId: null, ...verdict.error });
    });
    const accepted = envelope.events.length - rejected.length;
    const serverTime = new Date(this.#time.nowMs).toISOString();
    return { status: 200, body: JSON.stringify({ success: true, accepted, rejected, serverTime }) };
  }

  #store(envelope: ReturnType<typeof envelopeOf>, event: Parameters<typeof textField>[0]): void {
    const id = textField(event, "messageId") ?? "";
    if (this.stored.has(id)) return;
    const receivedAtMs = this.#time.nowMs;
    const clock = {
      receivedAtMs,
      sentAtMs: parseTime(envelope.sentAt ?? ""),
      clockOffsetMs: envelope.clockOffsetMs,
    };
    const library = objectField(objectField(event, "context") ?? {}, "library") ?? {};
    const originalMs = parseTime(textField(event, "timestamp") ?? "") ?? receivedAtMs;
    this.stored.set(id, correctedTimeMs(originalMs, clock, textField(library, "name")));
  }
}
