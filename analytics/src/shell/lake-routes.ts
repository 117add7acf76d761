import { Hono } from "hono";
import { isLakeKey, lakeObjectKey, lakePrefix } from "../lake-key.ts";
import { notFound } from "../problem.ts";
import type { Env } from "./env.ts";
import { refuse } from "./reply.ts";

/** Reading the lake's objects over HTTP, for operators who copy it out (`/v1/admin/lake`). */
export const lakeRoutes = new Hono<{ Bindings: Env }>();

/** One page of a listing, at most 1,000 objects. R2 may cut a page anywhere; `cursor` is null at the end. */
lakeRoutes.get("/", async (context) => {
  const prefix = lakePrefix(context.req.query("prefix") ?? null);
  if (!prefix.ok) return refuse(context, prefix.error);
  const cursor = context.req.query("cursor") ?? "";
  const page = await context.env.LAKE.list({
    prefix: prefix.value,
    limit: 1_000,
    ...(cursor === "" ? {} : { cursor }),
  });
  const visible = page.objects.filter((object) => isLakeKey(object.key));
  const objects = visible.map(({ key, size, etag }) => ({ key, size, etag }));
  return context.json({ objects, cursor: page.truncated ? page.cursor : null });
});

lakeRoutes.get("/object", async (context) => {
  const key = lakeObjectKey(context.req.query("key") ?? null);
  if (!key.ok) return refuse(context, key.error);
  const object = await context.env.LAKE.get(key.value);
  if (object === null) return refuse(context, notFound);
  const headers = {
    etag: object.httpEtag,
    "content-type": "application/octet-stream",
    "content-length": String(object.size),
  };
  return context.body(object.body, 200, headers);
});
