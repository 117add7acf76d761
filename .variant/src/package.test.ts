import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };

const { resolve } = createRequire(import.meta.url);

test("SW59: Node imports the built package where pages are rendered on a server, and every module then does nothing", () => {
  const code = `import * as web from "@sluice/web";
    const client = web.createClient({ host: "/events", writeKey: "a.b" });
    for (const name of ["captureClicksAndForms", "trackOutboundLinks", "trackScriptErrors", "trackScrollDepth", "trackTimeOnPage",
      "trackWebVitals", "keepIdentityInCookie", "linkHosts"]) { const stop = web[name](client, []); stop?.(); }
    client.track("A");
    console.log(Object.keys(web).sort().join(), client.anonymousId() === "");`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: import.meta.dirname });
  expect(printed.toString().trim()).toBe(
    "captureClicksAndForms,createClient,keepIdentityInCookie,linkHosts,load,snippet,trackOutboundLinks,trackScriptErrors," +
      "trackScrollDepth,trackTimeOnPage,trackWebVitals true",
  );
});

test("SW59: each entry of the package is a file that is published, and the script's is the script", () => {
  for (const entry of Object.keys(packageJson.exports)) {
    const file = resolve(`@sluice/web${entry.slice(1)}`);
    expect(file).toContain("dist");
    expect(readFileSync(file, "utf8").length).toBeGreaterThan(100);
  }
  expect(readFileSync(resolve("@sluice/web/sluice.min.js"), "utf8")).toMatch(/^\(\(\)=>\{/);
});

test("SW59: an application's bundle of the client runs where there is no page, and is as small as the script", async () => {
  const contents = `import { createClient } from "@sluice/web"; createClient({ host: "/events", writeKey: "a.b" }).track("A")`;
  const options = { bundle: true, minify: true, write: false, format: "esm", target: "es2022" } as const;
  const { outputFiles } = await build({ stdin: { contents, resolveDir: import.meta.dirname }, ...options });
  const code = outputFiles[0]?.text ?? "";
  execFileSync(process.execPath, ["--input-type=module", "-e", code]);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(5000);
});

test("SW59: with cookie and hand-over the client would be larger than a script may be", async () => {
  const contents = `import { createClient, keepIdentityInCookie, linkHosts } from "@sluice/web";
    const client = createClient({ host: "/events", writeKey: "a.b" }); keepIdentityInCookie(client); linkHosts(client, [])`;
  const sizes: number[] = [];
  for (const [index, text] of [contents, contents.replace(/keepIdentityInCookie\(.*/, "")].entries()) {
    const options = { bundle: true, minify: true, write: false, format: "esm", target: "es2022" } as const;
    const { outputFiles } = await build({ stdin: { contents: text, resolveDir: import.meta.dirname }, ...options });
    sizes[index] = gzipSync(outputFiles[0]?.text ?? "", { level: 9 }).length;
  }
  const [withBoth = 0, without = 0] = sizes;
  console.log(`cookie and hand-over add ${withBoth - without} bytes to an application's bundle`);
  expect(withBoth - without).toBeGreaterThan(100);
  const script = gzipSync(readFileSync(resolve("@sluice/web/sluice.min.js")), { level: 9 }).length;
  expect(script + withBoth - without).toBeGreaterThan(4096); // once it is not, they belong into the script
});
