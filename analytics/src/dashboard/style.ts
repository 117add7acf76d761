/** The dashboard's style sheet. Light and dark follow the system. */
export const dashboardStyle = `
:root { color-scheme: light dark; --bg: #f5f7f9; --card: #fff; --ink: #17212b; --soft: #5c6b7a; --line: #dfe5ea;
  --brand: #0b6e8f; --bar: #2a8fb3; --open: #a9d3e2; --up: #18794e; --down: #b42318; --bad: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f151b; --card: #18212a; --ink: #e8eef3; --soft: #93a3b2;
  --line: #2a3743; --brand: #58c0e0; --bar: #3fa7cb; --open: #24566a; --up: #5cc794; --down: #ff8b7e; --bad: #3a1f1d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: baseline; justify-content: space-between; padding-top: 24px; padding-bottom: 12px; }
h1 { margin: 0; font-size: 22px; letter-spacing: -0.01em; color: var(--brand); }
h1 span:not(:empty) { margin-left: 10px; color: var(--ink); font-weight: 500; }
h1 span:not(:empty)::before { content: "/"; margin-right: 10px; color: var(--line); }
h2 { margin: 0 0 10px; font-size: 15px; }
h2 small { margin-left: 8px; color: var(--soft); font-weight: 400; font-size: 13px; }
.status { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; color: var(--soft); font-size: 13px; }
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--line); margin-right: -6px; }
.dot.good { background: var(--up); } .dot.bad { background: var(--down); }
label { cursor: pointer; } input[type=checkbox] { accent-color: var(--brand); vertical-align: -2px; }
.card, form { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
form { max-width: 520px; margin: 40px auto; } form p { margin: 0 0 12px; color: var(--soft); }
.row { display: flex; gap: 8px; } .row input { flex: 1; min-width: 0; }
input[type=password] { font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; }
button { font: inherit; border: 0; border-radius: 8px; padding: 8px 14px; background: var(--brand); color: var(--card); cursor: pointer; font-weight: 600; }
#forget { padding: 2px 10px; background: transparent; color: var(--brand); border: 1px solid var(--line); font-weight: 400; }
:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
#problem { background: var(--bad); color: var(--down); border-radius: 8px; padding: 10px 14px; }
#tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 8px 0 12px; }
.tile .name { color: var(--soft); font-size: 13px; } .tile .value { font-size: 26px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.3; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile .before { font-size: 13px; color: var(--soft); } #none { color: var(--soft); }
#charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; margin-bottom: 12px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg .bar { fill: var(--bar); } svg .bar.open { fill: var(--open); } svg g:hover .bar { fill: var(--brand); }
svg .hit { fill: transparent; } svg .grid { stroke: var(--line); } svg text { fill: var(--soft); font-size: 10px; }
#now { margin-bottom: 12px; } h3 { margin: 14px 0 4px; font-size: 13px; font-weight: 600; color: var(--soft); } p.soft { margin: 4px 0; }
.soft { color: var(--soft); } .counts b { font-size: 20px; font-variant-numeric: tabular-nums; } .counts b:not(:first-child) { margin-left: 16px; }
.counts #minute { float: right; font-variant-numeric: tabular-nums; padding-top: 6px; }
#minutes { border-radius: 8px; } #minutes .bar { fill: var(--open); } #minutes .users { fill: var(--bar); } #minutes .chosen .bar { fill: var(--brand); } #minutes .chosen .hit { fill: var(--line); }
#minutes text { font-size: 9px; } .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 0 40px; }
#now ul { list-style: none; margin: 0; padding: 0; } #now li { display: flex; gap: 10px; align-items: baseline; justify-content: space-between; padding: 2px 0; }
#now li span { overflow-wrap: anywhere; } #rejects li { justify-content: flex-start; font-size: 13px; } #rejects time { color: var(--soft); font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; font-size: 13px; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody tr:last-child td { border-bottom: 0; } tr.open td { color: var(--soft); } td .mark { margin-left: 8px; font-size: 11px; border: 1px solid var(--line); border-radius: 6px; padding: 0 5px; color: var(--soft); }
td.none { color: var(--line); }
footer { padding-top: 14px; padding-bottom: 32px; color: var(--soft); font-size: 13px; } footer p { margin: 4px 0; }
code { font: 12px ui-monospace, SFMono-Regular, Menlo, monospace; background: var(--card); border: 1px solid var(--line); border-radius: 5px; padding: 1px 5px; }
[hidden] { display: none !important; }
`;
