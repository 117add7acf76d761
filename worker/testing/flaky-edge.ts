/*
 * The edge with a queue and a bucket that fail on command, everything else being real: `POST /test/faults` with
 * {"queue": boolean, "spill": boolean} says which of them are broken from now on. For tests only; never deployed.
 */
import type { Env } from "../src/shell/env.ts";
import { createWorker } from "../src/shell/worker.ts";

interface Faults {
  readonly queue: boolean;
  readonly spill: boolean;
}

let faults: Faults = { queue: false, spill: false };
const worker = createWorker("");

function withFaults(env: Env): Env {
  return {
    ...env,
    EVENTS: {
      send: (body, options) =>
        faults.queue ? Promise.reject(new Error("queue is down")) : env.EVENTS.send(body, options),
    },
    LAKE: {
      get: env.LAKE.get.bind(env.LAKE),
      list: env.LAKE.list.bind(env.LAKE),
      delete: env.LAKE.delete.bind(env.LAKE),
      put: ((key: string, value: Uint8Array) =>
        faults.spill ? Promise.reject(new Error("R2 is down")) : env.LAKE.put(key, value)) as Env["LAKE"]["put"],
    },
  };
}

export default {
  async fetch(request: Request, env: Env, context: Parameters<typeof worker.fetch>[2]): Promise<Response> {
    if (new URL(request.url).pathname === "/test/faults") {
      faults = (await request.json()) as Faults;
      return new Response("ok");
    }
    return worker.fetch(request, withFaults(env), context);
  },
  scheduled: (event: unknown, env: Env): Promise<void> => worker.scheduled(event, withFaults(env)),
};
