/*
 * `npm run query-client`: writes the typed client's methods and types (query/src/api.ts) from the query API's own document.
 * Called by contributors after a change of the API's routes or schemas; a test fails until they do.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { queryOpenApi } from "../analytics/src/query-openapi.ts";
import { runTool } from "./child.ts";
import { projectRoot } from "./project-root.ts";
import { clientSource } from "./query-client/source.ts";

const path = join(projectRoot, "query/src/api.ts");
writeFileSync(path, clientSource(queryOpenApi()));
const formatted = await runTool("oxfmt", [path]);
if (formatted.code !== 0) console.error(formatted.output);
process.exitCode = formatted.code;
