/** The look of every page of the lab: the bank's own pages, its shop and the agents' desk. */
export const style = `
:root { --ink:#14231f; --soft:#5c6b66; --line:#dde4e1; --paper:#f5f7f6; --card:#fff; --brand:#0c4a3e; --brand-soft:#e3efeb; --accent:#c8621b; --bad:#a92b22; --bad-soft:#fbeae8; --good:#1b7f5c }
* { box-sizing:border-box }
html { -webkit-text-size-adjust:100% }
body { margin:0; background:var(--paper); color:var(--ink); font:16px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; min-height:100vh; display:flex; flex-direction:column }
a { color:var(--brand) } a:hover { text-decoration-thickness:2px }
:focus-visible { outline:3px solid var(--accent); outline-offset:2px }
h1 { font-size:30px; line-height:1.2; letter-spacing:-.01em; margin:0 0 8px } h2 { font-size:19px; margin:0 0 12px }
.bar { background:var(--brand); color:#fff } .bar > div { max-width:1040px; min-height:66px; margin:0 auto; padding:12px 24px; display:flex; gap:24px; align-items:center; flex-wrap:wrap }
.bar a { color:#fff; text-decoration:none } .bar a:hover { text-decoration:underline } .bar nav { display:flex; gap:22px; margin-left:auto; align-items:center; font-size:15px }
.brand { display:flex; gap:10px; align-items:center; font-weight:650; font-size:18px } .brand svg { display:block }
main { width:100%; max-width:1040px; margin:0 auto; padding:36px 24px 64px; flex:1 }
footer { border-top:1px solid var(--line); color:var(--soft); font-size:13px } footer > div { max-width:1040px; margin:0 auto; padding:18px 24px; display:flex; gap:24px; flex-wrap:wrap; justify-content:space-between }
.lead { font-size:18px; color:var(--soft); max-width:56ch; margin:0 0 28px } .soft { color:var(--soft) } .small { font-size:14px }
.card { background:var(--card); border:1px solid var(--line); border-radius:10px; padding:24px; margin:0 0 20px } .narrow { max-width:420px }
.grid { display:grid; grid-template-columns:repeat(auto-fit, minmax(250px, 1fr)); gap:20px } .grid .card { margin:0 } .split { display:grid; grid-template-columns:minmax(0, 2fr) minmax(0, 3fr); gap:20px; align-items:start }
.card .talk { max-height:300px; overflow-y:auto } #pop { margin:20px 0 0 } tr td:first-child { white-space:nowrap } .tag { margin-bottom:8px }
.figure { font-size:34px; font-weight:650; letter-spacing:-.02em; font-variant-numeric:tabular-nums; margin:0 0 10px }
label { display:block; font-weight:600; font-size:15px; margin:0 0 6px } .field { margin:0 0 18px } .hint { color:var(--soft); font-size:14px; margin:-2px 0 6px }
input, textarea, select { font:inherit; color:inherit; width:100%; padding:10px 12px; border:1px solid #9aaaa4; border-radius:7px; background:#fff } textarea { min-height:110px; resize:vertical }
button, .button { font:inherit; font-weight:600; padding:10px 18px; border-radius:7px; border:1px solid var(--brand); background:var(--brand); color:#fff; cursor:pointer; text-decoration:none; display:inline-block } button:hover, .button:hover { background:#083a30 }
button.quiet, .button.quiet { background:transparent; color:var(--brand) } button.quiet:hover, .button.quiet:hover { background:var(--brand-soft) } .bar button.quiet { color:#fff; border-color:#ffffff80; padding:6px 14px } .bar button.quiet:hover { background:#ffffff1f }
.alert { border-left:4px solid var(--bad); background:var(--bad-soft); padding:12px 16px; border-radius:6px; margin:0 0 20px } .done { border-left:4px solid var(--good); background:var(--brand-soft); padding:12px 16px; border-radius:6px; margin:0 0 20px }
table { width:100%; border-collapse:collapse; font-variant-numeric:tabular-nums } th { text-align:left; font-size:13px; color:var(--soft); font-weight:600 } th, td { padding:10px 8px; border-bottom:1px solid var(--line) } td:first-child, th:first-child { padding-left:0 } td:last-child, th:last-child { padding-right:0; text-align:right } tr:last-child td { border-bottom:0 } .num { text-align:right; white-space:nowrap }
dl { display:grid; grid-template-columns:max-content minmax(0, 1fr); gap:8px 20px; margin:0 } dt { color:var(--soft) } dd { margin:0; overflow-wrap:anywhere }
.tag { display:inline-block; font-size:13px; font-weight:600; padding:2px 10px; border-radius:99px; background:var(--brand-soft); color:var(--brand) }
.talk { display:flex; flex-direction:column; gap:8px } .talk p { margin:0; padding:8px 13px; border-radius:10px; background:var(--brand-soft); max-width:85%; align-self:flex-start; overflow-wrap:anywhere } .talk p.own { background:var(--brand); color:#fff; align-self:flex-end } .talk p small { display:block; color:var(--soft); font-size:12px } .talk p.own small { color:#ffffffb8 } .talk .note { background:none; color:var(--soft); font-size:13px; align-self:center; padding:0 }
.chat-open { position:fixed; right:24px; bottom:24px; border-radius:99px; padding:13px 22px } .chat { position:fixed; right:24px; bottom:24px; width:370px; max-width:calc(100vw - 32px); background:var(--card); border:1px solid var(--line); border-radius:10px; overflow:hidden; box-shadow:0 12px 40px #0c2b2433 }
.chat header { background:var(--brand); color:#fff; padding:12px 16px; display:flex; justify-content:space-between; align-items:center } .chat header h2 { margin:0; font-size:16px } .chat header button { border:0; padding:2px 8px }
.chat .talk { height:330px; overflow-y:auto; padding:16px } .chat form { border-top:1px solid var(--line); padding:12px 16px } .chat form div { display:flex; gap:8px } .chat label { font-size:13px; margin-bottom:4px } .choices { display:flex; flex-wrap:wrap; gap:6px; padding:0 16px 12px } .choices button { padding:5px 12px; font-size:14px; border-radius:99px }
@media (max-width:700px) { main { padding:24px 16px 56px } h1 { font-size:25px } .split { grid-template-columns:1fr } .bar > div { padding:12px 16px; gap:12px } .bar nav { gap:14px } .hide { display:none } }
`;
