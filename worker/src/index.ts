/*
 * sluice-worker: the edge. It takes events from SDKs over HTTP, authenticates the write key, gives every event its verdict,
 * and answers 200 only when the queue (or, failing that, R2) holds the request.
 * Called by SDKs and browsers, every half hour by cron, and by the operator's local tools.
 * It never reads R2, D1, KV or a Durable Object before it answers, never logs what a request carries, and never
 * lets a full IP address out unless the source's policy keeps it.
 */
/// <reference path="./text-modules.d.ts" />
import script from "../generated/sluice.txt";
import { createWorker } from "./shell/worker.ts";

export default createWorker(script);
