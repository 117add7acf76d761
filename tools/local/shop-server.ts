import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { projectRoot } from "../project-root.ts";
import { localHost } from "./ports.ts";

const contentTypes = new Map([
  [".html", "text/html; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
]);

/** The place in the shop's page where the snippet goes. */
const snippetMark = /<!-- sluice:snippet[\s\S]*?-->/;

/** Serves the demo shop with the snippet in its page. Only the files of its folder exist; no path is ever resolved. */
export async function startShop(port: number, snippet: string): Promise<Server> {
  const files = shopFiles(snippet);
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const file = files.get(path === "/" ? "/index.html" : path);
    if (file === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    response.writeHead(200, { "content-type": file.type, "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : file.text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: localHost, exclusive: true }, resolve);
  });
  return server;
}

function shopFiles(snippet: string): ReadonlyMap<string, { type: string; text: string }> {
  const folder = join(projectRoot, "examples", "shop");
  const files = new Map<string, { type: string; text: string }>();
  for (const name of readdirSync(folder)) {
    const type = contentTypes.get(extname(name));
    if (type === undefined) continue;
    const text = readFileSync(join(folder, name), "utf8");
    // A function as replacement: the snippet may hold `$&`, which a text would interpret.
    files.set(`/${name}`, { type, text: name === "index.html" ? text.replace(snippetMark, () => snippet) : text });
  }
  return files;
}
