// Sends a few events from Node to the pipeline that `npm start` runs, and says what became of each.
// Run it from the root of the repository, in a second terminal:  node examples/node/index.mjs
import { Sluice } from "@sluice/node";
import { readFile } from "node:fs/promises";

const state = process.env.SLUICE_STATE_DIR ?? ".sluice";
const { ingestUrl, serverKey, dashboardUrl } = await readLocal(`${state}/local.json`);

const sluice = new Sluice({ host: ingestUrl, writeKey: serverKey });
sluice.on("retry", ({ status, delayMs }) => console.log(`waiting ${delayMs} ms (status ${status})`));

sluice.identify({ userId: "ada", traits: { plan: "pro" } });
sluice.track({ userId: "ada", event: "Product Viewed", properties: { sku: "A1" } });
sluice.track({
  userId: "ada",
  event: "Order Completed",
  // Your own id makes the event countable once, however often this line runs for order 1001.
  messageId: "order-1001",
  // Money as text is kept exactly.
  properties: { order_id: "1001", revenue: "14.99", currency: "EUR" },
});

// Resolves when the server holds every event, or says why not. Call it before the process ends.
const { delivered, rejected, dropped } = await sluice.closeAndFlush();
console.log(`${delivered.length} delivered, ${rejected.length} rejected, ${dropped.length} dropped`);
for (const { messageId, reason } of [...rejected, ...dropped]) console.log(`${messageId}: ${reason}`);
console.log(`The numbers are at ${dashboardUrl} a few seconds from now.`);
process.exitCode = delivered.length === 3 ? 0 : 1;

async function readLocal(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    console.error(`${path} cannot be read: run "npm start" first and wait until it is ready.`);
    process.exit(1);
  }
}
