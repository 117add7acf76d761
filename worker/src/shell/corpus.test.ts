import { gzipSync } from "node:zlib";
import type { IngestError, IngestReply } from "@sluice/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  contentEncodings,
  contentTypes,
  hostileAuthorizations,
  hostileGzip,
  hostileHeaders,
  hostileJson,
  hostilePaths,
} from "../../testing/corpus/index.ts";
import { type EdgeHarness, operatorToken, startEdge } from "../../testing/edge-harness.ts";
import { acceptedOf, basic, batchOf, page, poster } from "../../testing/requests.ts";
import { canMeasureMemory, workerdBytes } from "../../testing/workerd-memory.ts";
import { writeKey } from "../../testing/write-keys.ts";

let edge: EdgeHarness;
const post = poster(() => edge);
beforeAll(async () => {
  edge = await startEdge("real", { INGEST_HOSTS: "https://in.shop.example", PROXY_SECRETS: "secret" });
});
afterAll(() => edge.close());

/** An answer, read as soon as it came: the client of the tests lets go of bodies that wait. */
interface Answer {
  readonly status: number;
  readonly json: IngestReply | IngestError;
}

async function answerOf(reply: Promise<Response>): Promise<Answer> {
  const { status, text } = await reply.then(async (one) => ({ status: one.status, text: await one.text() }));
  return { status, json: JSON.parse(text) as IngestReply | IngestError };
}

/** Sends a good request at the same time, which must be answered as if it were alone. */
async function besideAGoodOne(hostile: Promise<Response>): Promise<Answer> {
  const [answer, accepted] = await Promise.all([answerOf(hostile), post(batchOf(page, page)).then(acceptedOf)]);
  expect(accepted).toBe(2);
  return answer;
}

const kinds = ["public", "server"] as const;

test.each([...hostileJson, ...hostileGzip].map((one) => [one.name, one] as const))(
  "W46: %s: answered rightly under every key, its neighbours unharmed",
  async (_name, { body, statuses }) => {
    for (const kind of kinds) {
      const authorization = basic(writeKey({ kind }));
      const { status, json } = await besideAGoodOne(post(body, { headers: { authorization } }));
      expect(statuses, JSON.stringify(json).slice(0, 200)).toContain(status);
      expect(json.success).toBe(status === 200);
    }
    const unnamed = await besideAGoodOne(post(body, { headers: { authorization: "" } }));
    expect([400, 401, 413]).toContain(unnamed.status);
  },
);

test("W46: no label of a body changes what it is taken for", async () => {
  const bodies = [batchOf(page), gzipSync(batchOf(page))];
  for (const type of contentTypes) {
    for (const encoding of contentEncodings) {
      const headers = {
        ...(type !== null && { "content-type": type }),
        ...(encoding !== null && { "content-encoding": encoding }),
      };
      for (const body of bodies) {
        const reply = await post(body, { headers });
        expect(await acceptedOf(reply), `${type} ${encoding}`).toBe(1);
      }
    }
  }
});

/** Nothing of a hostile request may come back, neither in a header nor in the answer. */
async function expectNoEcho(reply: Response, what: string): Promise<void> {
  expect(reply.status, what).toBeLessThan(500);
  const headers = [...reply.headers].filter(([name]) => name !== "access-control-allow-origin");
  expect(JSON.stringify(headers), what).not.toContain("INJECTED");
  expect(reply.headers.get("x-test"), what).toBeNull();
  expect(reply.headers.get("set-cookie"), what).toBeNull();
  expect(await reply.text(), what).not.toContain("INJECTED");
}

test("W46: nothing of a header, a path or a query comes back, and none of them fails", async () => {
  for (const headers of hostileHeaders) {
    const sent = { authorization: basic(writeKey()), ...headers };
    const reply = await edge.fetch("/v1/batch", { method: "POST", body: batchOf(page), headers: sent });
    expect(reply.status, JSON.stringify(headers).slice(0, 80)).toBe(200);
    await expectNoEcho(reply, JSON.stringify(headers));
  }
  for (const authorization of hostileAuthorizations) {
    await expectNoEcho(await post(batchOf(page), { headers: { authorization } }), authorization.slice(0, 80));
    await expectNoEcho(await edge.fetch("/sourceConfig/", { headers: { authorization } }), authorization.slice(0, 80));
    const internal = await edge.fetch("/v1/internal/counters", { headers: { authorization } });
    expect(internal.status).toBe(404);
  }
  for (const path of hostilePaths) {
    for (const method of ["GET", "POST", "PUT", "DELETE", "HEAD"]) {
      await expectNoEcho(await edge.fetch(path, { method }), `${method} ${path.slice(0, 80)}`);
    }
  }
});

test("W46: after all of it, no request has failed unexpectedly", async () => {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const report = (await (await edge.fetch("/v1/internal/counters", { headers })).json()) as {
    readonly requestsRefused: Readonly<Record<string, number>>;
    readonly requestsInFlight: number;
  };
  expect(report.requestsRefused["unexpected"]).toBeUndefined();
  expect(report.requestsRefused["queue_unavailable"]).toBeUndefined();
  expect(report.requestsInFlight).toBe(0);
});

test.skipIf(!canMeasureMemory)(
  "W46: the worst bodies, over and over and four at a time, leave memory bounded",
  async () => {
    const worst = [...hostileJson, ...hostileGzip].filter(({ name }) => /8 MB|megabyte|million|bomb|10,000/.test(name));
    const round = async (): Promise<void> => {
      for (let i = 0; i < worst.length; i += 4) {
        const replies = worst
          .slice(i, i + 4)
          .flatMap(({ body }) =>
            [basic(writeKey({ kind: "server" })), ""].map((authorization) =>
              post(body, { headers: { authorization } }),
            ),
          );
        for (const { status } of await Promise.all(replies.map(answerOf))) expect(status).toBeLessThan(500);
      }
    };
    for (let i = 0; i < 3; i++) await round();
    const startBytes = workerdBytes();
    let peakBytes = startBytes;
    for (let i = 0; i < 8; i++) {
      await round();
      peakBytes = Math.max(peakBytes, workerdBytes());
    }
    expect(peakBytes - startBytes).toBeLessThan(256_000_000);
  },
);
