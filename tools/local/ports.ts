import { createServer, type Server } from "node:net";
import { fail, ok, type Result } from "@sluice/schema";

/** Address that the local pipeline listens on: this machine only. */
export const localHost = "127.0.0.1";

/** Base port unless another is chosen. */
export const defaultPort = 8787;

/** The three ports of a local pipeline. */
export interface Ports {
  readonly ingest: number;
  readonly query: number;
  readonly shop: number;
}

/** A port that cannot be used, and what it was wanted for. */
export interface PortFailure {
  readonly port: number;
  readonly purpose: keyof Ports;
  readonly reason: "taken" | "not_permitted";
}

/** Ports from a base: base, base + 1 and base + 2; any three free ones when the base is 0. Checked by listening. */
export async function choosePorts(base: number): Promise<Result<Ports, PortFailure>> {
  const wanted: Ports =
    base === 0 ? { ingest: 0, query: 0, shop: 0 } : { ingest: base, query: base + 1, shop: base + 2 };
  const servers: Server[] = [];
  try {
    const chosen = { ...wanted };
    for (const purpose of ["ingest", "query", "shop"] as const) {
      const server = await listen(wanted[purpose]);
      if (!server.ok) return fail({ port: wanted[purpose], purpose, reason: server.error });
      servers.push(server.value);
      const address = server.value.address();
      if (typeof address === "object" && address !== null) chosen[purpose] = address.port;
    }
    return ok(chosen);
  } finally {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  }
}

/** The message for a person whose port is taken. */
export function portMessage(failure: PortFailure): string {
  const what = { ingest: "the ingest API", query: "the query API", shop: "the demo shop" }[failure.purpose];
  const why =
    failure.reason === "taken" ? "is already taken by another program" : "may not be used by this user (below 1024?)";
  return (
    `Port ${failure.port}, wanted for ${what}, ${why}.\n` +
    `Choose another base port: npm start -- --port 9000 (uses 9000, 9001 and 9002), or --port 0 for any free ones.`
  );
}

async function listen(port: number): Promise<Result<Server, PortFailure["reason"]>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(fail("taken"));
      else if (error.code === "EACCES") resolve(fail("not_permitted"));
      else reject(error);
    });
    server.listen({ port, host: localHost, exclusive: true }, () => resolve(ok(server)));
  });
}
