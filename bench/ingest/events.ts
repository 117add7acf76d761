import { gzipSync } from "node:zlib";

/** One request body of `count` web events of about 750 bytes each, as the browser SDK would send it. */
export function requestBody(count: number, writeKey: string, isGzip: boolean): Buffer {
  const batch = Array.from({ length: count }, (_, index) => benchEvent(index));
  const json = Buffer.from(JSON.stringify({ writeKey, batch, sentAt: "2026-01-01T00:00:00.000Z", clockOffsetMs: 0 }));
  return isGzip ? gzipSync(json) : json;
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const paths = ["/", "/products", "/products/espresso-cup", "/cart", "/checkout", "/about"];

function benchEvent(index: number): Record<string, unknown> {
  const path = paths[index % paths.length] ?? "/";
  return {
    type: index % 3 === 0 ? "page" : "track",
    event: index % 3 === 0 ? undefined : "Product Viewed",
    messageId: `01JDCY7Q${pseudoRandomText(index, 18)}`,
    timestamp: `2026-01-01T00:00:00.${String(index % 1000).padStart(3, "0")}Z`,
    anonymousId: `01JDCY7P${pseudoRandomText((index >> 3) + 7919, 18)}`,
    userId: index % 4 === 0 ? `user-${index % 97}` : undefined,
    properties: {
      product_id: `sku-${index % 50}`,
      name: "Espresso cup",
      price: 14.9,
      currency: "EUR",
      position: index,
    },
    context: {
      library: { name: "@sluice/web", version: "0.1.0" },
      page: {
        url: `https://shop.example${path}?utm_source=mail`,
        path,
        title: "Shop",
        referrer: "https://example.org/",
      },
      campaign: { source: "mail", medium: "newsletter", name: "autumn" },
      session: { id: `01JDCY7P${pseudoRandomText((index >> 4) + 104_729, 18)}` },
      locale: "en-GB",
      timezone: "Europe/Vienna",
      screen: { width: 1920, height: 1080, density: 2 },
    },
  };
}

/** Text that gzip cannot guess, the same in every run. */
function pseudoRandomText(seed: number, length: number): string {
  let state = (seed * 2_654_435_761) >>> 0;
  let text = "";
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9) >>> 0;
    text += crockford.charAt(state >>> 27);
  }
  return text;
}
