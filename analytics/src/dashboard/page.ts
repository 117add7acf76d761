import { dashboardScript } from "./script.ts";
import { dashboardStyle } from "./style.ts";

/** The dashboard's HTML. Script and style stand inline, byte for byte as exported, so that their hashes hold. */
export function dashboardPage(ingestUrl: string): string {
  const ingest = ingestUrl === "" ? "" : `<p class="ingest">Events go to <code>${escapeHtml(ingestUrl)}</code></p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%230b6e8f'/%3E%3Cpath d='M5 12q5.5-5 11 0t11 0M5 20q5.5-5 11 0t11 0' fill='none' stroke='white' stroke-width='3' stroke-linecap='round'/%3E%3C/svg%3E">
<style>${dashboardStyle}</style>
</head>
<body>
<header>
<h1>Sluice<span id="project"></span></h1>
<div class="status"><span id="dot" class="dot"></span><span id="as-of" role="status"></span>
<label><input type="checkbox" id="live" checked> Ask again every 5 s</label>
<button type="button" id="forget" hidden>Other token</button></div>
</header>
<main>
<form id="ask" hidden>
<h2>Read token</h2>
<p>The numbers of a project are shown to whoever holds one of its read tokens.</p>
<div class="row"><input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="slr_…" aria-label="Read token" required>
<button>Show the numbers</button></div>
</form>
<p id="problem" role="alert" hidden></p>
<div id="numbers" hidden>
<p id="none" hidden>No events in the last 30 days yet. They appear here by themselves, a few seconds after they are published.</p>
<section id="tiles" aria-label="Today"></section>
<section class="card" id="now" aria-labelledby="now-title">
<h2 id="now-title">Last 30 minutes <small>by minute of receipt: what arrives now</small></h2>
<p class="soft" id="live-none">Nothing arrived in the last 30 minutes. Send an event: it stands here within seconds.</p>
<div id="live-some" hidden>
<p class="counts"><b id="live-events"></b> events <b id="live-users"></b> active users <span id="minute" class="soft"></span></p>
<svg id="minutes" viewBox="0 0 720 96" tabindex="0" role="slider" aria-label="Events and active users by minute; arrow keys choose one" aria-valuemin="0" aria-valuemax="29" aria-valuenow="29"></svg>
<div class="columns"><div><h3>By source</h3><ul id="by-source"></ul></div><div><h3>By name</h3><ul id="by-name"></ul></div></div>
</div>
<h3>Last rejects</h3><p class="soft" id="rejects-none"></p><ul id="rejects"></ul>
</section>
<section id="charts" aria-label="Last 30 days"></section>
<section class="card"><h2>Day by day <small>UTC; the newest first; open days are still counting</small></h2>
<div class="scroll"><table><thead id="head"></thead><tbody id="rows"></tbody></table></div></section>
</div>
<noscript><p>This page asks the query API by script. Without script: <code>GET /v1/kpis?metrics=dau,events,revenue&amp;from=YYYY-MM-DD&amp;to=YYYY-MM-DD&amp;interval=day</code></p></noscript>
</main>
<footer>${ingest}<p>Numbers are counted from the Parquet files of the lake. <code>GET /v1/kpis</code> returns them as JSON.</p></footer>
<script>${dashboardScript}</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
