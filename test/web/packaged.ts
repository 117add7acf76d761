import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The npm package as an application bundles it, with all its modules: one script that defines `web`. */
export async function packagedScript(): Promise<string> {
  const resolveDir = fileURLToPath(new URL("../../sdk-web", import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: `export * from "@sluice/web"`, resolveDir },
    ...({ bundle: true, minify: true, write: false, format: "iife", globalName: "web", target: "es2022" } as const),
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild wrote nothing");
  return file.text;
}
