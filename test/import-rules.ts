import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { projectRoot } from "../tools/project-root.ts";

/** What one package may import, as docs/ARCHITECTURE.md's picture of the packages says. */
interface PackageRule {
  /** Packages of this project. */
  readonly internal: readonly string[];
  /** Whether Node's modules are there where it runs. */
  readonly hasNode: boolean;
}

/** Direction of imports: a package may import those named here and nothing else of this project. */
export const packageRules: ReadonlyMap<string, PackageRule> = new Map([
  ["schema", { internal: [], hasNode: false }],
  ["lake", { internal: ["@sluice/schema"], hasNode: true }],
  ["sdk-core", { internal: ["@sluice/schema"], hasNode: false }],
  ["sdk-web", { internal: ["@sluice/schema", "@sluice/core"], hasNode: false }],
  ["sdk-node", { internal: ["@sluice/schema", "@sluice/core"], hasNode: true }],
  ["sdk-mobile", { internal: ["@sluice/schema", "@sluice/core"], hasNode: false }],
  ["worker", { internal: ["@sluice/schema"], hasNode: true }],
  ["queue-consumer", { internal: ["@sluice/schema", "@sluice/lake"], hasNode: true }],
  ["query", { internal: [], hasNode: false }],
  ["analytics", { internal: ["@sluice/schema", "@sluice/lake"], hasNode: true }],
]);

/** A source file, as the rules need it. */
export interface SourceFile {
  /** Folder of the package. */
  readonly workspace: string;
  /** Path below the package's `src`, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Names in the package's `dependencies` and `peerDependencies`. */
  readonly dependencies: readonly string[];
}

/** Every TypeScript source of every package, tests left out: they may use what they like. */
export function sourceFiles(): readonly SourceFile[] {
  return [...packageRules.keys()].flatMap((workspace) => {
    const folder = join(projectRoot, workspace, "src");
    const dependencies = dependenciesOf(workspace);
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => ({
        workspace,
        path: relative(folder, join(folder, name)).replaceAll("\\", "/"),
        text: readFileSync(join(folder, name), "utf8"),
        dependencies,
      }));
  });
}

/** What a file does that its package may not, one sentence each. */
export function violationsOf(file: SourceFile): readonly string[] {
  const place = `${file.workspace}/src/${file.path}`;
  const imports = importsOf(file.text).flatMap((specifier) => {
    const why = importViolation(file, specifier);
    return why === null ? [] : [`${place} imports ${specifier}: ${why}`];
  });
  if (isShell(file.path)) return imports;
  return [...imports, ...platformUses(file.text).map((use) => `${place} uses ${use}, which belongs into the shell`)];
}

/** Specifiers of every import, re-export, dynamic import and imported type of a TypeScript text. */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  const patterns = [
    /(?<![\w$."'`])(?:import|export)\b[^;"'`()=]*?\bfrom\s*["']([^"']+)["']/g,
    /(?<![\w$."'`])import\s*["']([^"']+)["']/g,
    /(?<![\w$."'`])import\s*\(\s*["'`]([^"'`]+)["'`]/g,
    /(?<![\w$."'`])require\s*\(\s*["'`]([^"'`]+)["'`]/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].flatMap((match) => match[1] ?? []));
}

/** `index.ts` and `shell/` perform effects, `testing/` is never deployed; everything else is a plan. */
function isShell(path: string): boolean {
  return path === "index.ts" || path.startsWith("shell/") || path.startsWith("testing/");
}

function importViolation(file: SourceFile, specifier: string): string | null {
  const rule = packageRules.get(file.workspace);
  if (rule === undefined) return "the package is in no rule";
  if (specifier.startsWith(".")) {
    const target = posix.normalize(posix.join("src", posix.dirname(file.path), specifier));
    const isInside = target.startsWith("src/") || (target.startsWith("generated/") && file.workspace === "worker");
    return isInside ? null : "a relative path may not leave the package";
  }
  if (specifier.startsWith("@sluice/")) return rule.internal.includes(specifier) ? null : "wrong direction";
  if (specifier.startsWith("node:")) return rule.hasNode ? null : "no Node where this package runs";
  const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0];
  const isPlatform = specifier.startsWith("cloudflare:") || name === "hono";
  if (isPlatform && !isShell(file.path)) return "the platform belongs into the shell";
  if (specifier.startsWith("cloudflare:")) {
    return existsSync(join(projectRoot, file.workspace, "wrangler.jsonc")) ? null : "not a Worker";
  }
  if (name === "@cloudflare") return null;
  return file.dependencies.includes(name ?? "") || isTypesOnly(file.text, specifier) ? null : "not in its dependencies";
}

/** Whether every import of a specifier takes types only: those need no dependency at run time. */
function isTypesOnly(text: string, specifier: string): boolean {
  const escaped = specifier.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const all = [...withoutComments(text).matchAll(new RegExp(`\\bimport\\b[^;"']*?["']${escaped}["']`, "g"))];
  return all.length > 0 && all.every((match) => /^import\s+type\b/.test(match[0]));
}

const platformPatterns: readonly (readonly [string, RegExp])[] = [
  ["Date.now()", /\bDate\s*\.\s*now\b/],
  ["new Date() without a time", /\bnew\s+Date\s*(?:\(\s*\)|[^\s(])/],
  ["Math.random()", /\bMath\s*\.\s*random\b/],
  ["crypto", /(?<![.\w$"'/:-])crypto\s*\./],
  ["fetch()", /(?<![.\w$])fetch\s*\(/],
  ["a timer", /(?<![.\w$])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/],
  ["performance", /(?<![.\w$])performance\s*\./],
];

function platformUses(text: string): readonly string[] {
  const code = withoutTexts(withoutComments(text));
  return platformPatterns.filter(([, pattern]) => pattern.test(code)).map(([name]) => name);
}

/** Texts first, so that `//` inside an address is no comment; templates come in pairs, nested ones too. */
const textOrComment = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

function withoutComments(text: string): string {
  return text.replaceAll(textOrComment, (_, quoted: string | undefined) => quoted ?? " ");
}

function withoutTexts(code: string): string {
  return code.replaceAll(textOrComment, '""');
}

function dependenciesOf(workspace: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(projectRoot, workspace, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
  };
  return [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})];
}
