import { createHmac } from "node:crypto";
import {
  field,
  type JsonObject,
  ok,
  parseWriteKey,
  type Result,
  signatureMatches,
  textField,
  writeKeySignedText,
} from "@sluice/schema";
import { type AdminClient, type AdminFailure, listOf } from "../operator/admin.ts";
import type { LocalKeys } from "./state-files.ts";

/** Project of the demo shop. */
const demoProject = "shop";

/**
 * Makes what the first start needs (project, sources, one key each, a read token) and keeps what is there.
 * Texts that the admin API shows once come from `kept`; a kept one that is gone, revoked or not signed with one of
 * the secrets is made anew.
 *
 * @param secrets comma separated, as in `WRITE_KEY_SECRETS`.
 */
export async function provision(
  admin: AdminClient,
  kept: LocalKeys | null,
  secrets: string,
): Promise<Result<LocalKeys, AdminFailure>> {
  const base = `/v1/admin/projects/${demoProject}`;
  const project = await ensure(admin, "/v1/admin/projects", { project: demoProject, currency: "EUR" });
  if (!project.ok) return project;
  for (const source of ["web", "server"]) {
    const made = await ensure(admin, `${base}/sources`, { source });
    if (!made.ok) return made;
  }
  const keys = await admin.call("GET", `${base}/keys`);
  if (!keys.ok) return keys;
  const serials = new Set(
    listOf(keys.value, "keys")
      .filter(isActive)
      .map((entry) => field(entry, "serial")),
  );
  const isValid = (key: string): boolean => isSigned(key, serials, secrets);
  const writeKey = await keptOrNewKey(admin, base, kept?.writeKey, isValid, { source: "web", kind: "public" });
  if (!writeKey.ok) return writeKey;
  const serverKey = await keptOrNewKey(admin, base, kept?.serverKey, isValid, { source: "server", kind: "server" });
  if (!serverKey.ok) return serverKey;
  const token = await keptOrNewToken(admin, base, kept);
  if (!token.ok) return token;
  return ok({ project: demoProject, writeKey: writeKey.value, serverKey: serverKey.value, ...token.value });
}

/** Creates, or finds that it exists (409). */
async function ensure(admin: AdminClient, path: string, body: JsonObject): Promise<Result<null, AdminFailure>> {
  const reply = await admin.call("POST", path, body);
  return reply.ok || reply.error.status === 409 ? ok(null) : reply;
}

async function keptOrNewKey(
  admin: AdminClient,
  base: string,
  kept: string | undefined,
  isValid: (key: string) => boolean,
  wanted: { source: string; kind: string },
): Promise<Result<string, AdminFailure>> {
  if (typeof kept === "string" && isValid(kept)) return ok(kept);
  return textOf(await admin.call("POST", `${base}/keys`, wanted), "key");
}

/** Whether the edge would take a key: its serial is active, and one of the secrets signed it. */
function isSigned(text: string, serials: ReadonlySet<unknown>, secrets: string): boolean {
  const parsed = parseWriteKey(text);
  if (!parsed.ok || !serials.has(parsed.value.key.serial)) return false;
  const { payload, signature } = parsed.value;
  return secrets.split(",").some((secret) => {
    const hmac = createHmac("sha256", secret.trim()).update(writeKeySignedText(payload)).digest();
    return signatureMatches(signature, hmac);
  });
}

async function keptOrNewToken(
  admin: AdminClient,
  base: string,
  kept: LocalKeys | null,
): Promise<Result<Pick<LocalKeys, "readToken" | "readTokenId">, AdminFailure>> {
  const tokens = await admin.call("GET", `${base}/tokens`);
  if (!tokens.ok) return tokens;
  const isKept = listOf(tokens.value, "tokens")
    .filter(isActive)
    .some((entry) => String(field(entry, "id")) === kept?.readTokenId);
  if (kept !== null && isKept) return ok({ readToken: kept.readToken, readTokenId: kept.readTokenId });
  const made = await admin.call("POST", `${base}/tokens`, {
    name: "local",
    scopes: ["kpis", "events", "users", "export"],
  });
  if (!made.ok) return made;
  const readToken = textOf(made, "token");
  if (!readToken.ok) return readToken;
  return ok({ readToken: readToken.value, readTokenId: String(field(made.value, "id")) });
}

/** An entry of a list that has not been revoked, whichever way the list says so. */
function isActive(entry: JsonObject): boolean {
  const revokedAt = field(entry, "revokedAtMs") ?? field(entry, "revokedAt");
  return revokedAt === undefined || revokedAt === null;
}

function textOf(reply: Result<JsonObject, AdminFailure>, name: string): Result<string, AdminFailure> {
  if (!reply.ok) return reply;
  const text = textField(reply.value, name);
  return text === null ? { ok: false, error: { status: 0, message: `The reply has no "${name}".` } } : ok(text);
}
