// The floor: the least a Worker must do that takes a batch: Hono, gunzip, JSON.parse, one queue message, an answer.
import { Hono } from "hono";
import { gunzipSync, gzipSync } from "node:zlib";

const app = new Hono();
app.post("/v1/batch", async (context) => {
  const wire = new Uint8Array(await context.req.arrayBuffer());
  const isGzip = wire[0] === 0x1f && wire[1] === 0x8b;
  const json = isGzip ? gunzipSync(wire, { maxOutputLength: 8_000_000 }) : wire;
  const body = JSON.parse(new TextDecoder().decode(json));
  await context.env.EVENTS.send(isGzip ? wire : gzipSync(json, { level: 1 }), { contentType: "bytes" });
  return context.json({ success: true, accepted: body.batch.length });
});

export default app;
