import { Hono } from "hono";
import { adminBody } from "../admin-fields.ts";
import { funnelDeclaration } from "../behaviour/funnel-definition.ts";
import { notFound } from "../problem.ts";
import type { Env } from "./env.ts";
import { takeBack } from "./declarations.ts";
import { declareFunnel, funnelKind, funnelsOf, shownFunnel } from "./funnel-store.ts";
import { projectNamed } from "./read-token.ts";
import { refuse } from "./reply.ts";

/** Funnels of a project, for the operator; mounted at `/v1/admin/projects`. */
export const funnelRoutes = new Hono<{ Bindings: Env }>();

funnelRoutes.get("/:project/funnels", async (context) => {
  const project = await projectNamed(context, context.req.param("project"));
  if (project === null) return refuse(context, notFound);
  return context.json({ funnels: (await funnelsOf(context.env.DB, project.project)).map(shownFunnel) });
});

funnelRoutes.post("/:project/funnels", async (context) => {
  const body = adminBody(await context.req.text());
  if (!body.ok) return refuse(context, body.error);
  const declared = funnelDeclaration(body.value);
  if (!declared.ok) return refuse(context, declared.error);
  const stored = await declareFunnel(context.env.DB, context.req.param("project"), declared.value, Date.now());
  return stored.ok ? context.json(shownFunnel(stored.value), 201) : refuse(context, stored.error);
});

funnelRoutes.delete("/:project/funnels/:funnel", async (context) => {
  const { project, funnel } = context.req.param();
  const revoked = await takeBack(context.env.DB, funnelKind, project, funnel, Date.now());
  return revoked.ok ? context.json({ project, funnel, revoked: true }) : refuse(context, revoked.error);
});
