/** One radius, hairlines, system fonts; light and dark, phone and print. Contrast AA in both schemes. */
export const style = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d1c1a;--soft:#66625d;--line:#e4e1db;--track:#f1eee9;--passed:#1b7f5c;--degraded:#9a6100;--failed:#bf3328;--broken:#6a4fb3;--skipped:#77736d;--bar:#9db8ae;--mark:#2f5fa8;--ours:#e3ebf6;--said:#5f8f7d}
@media (prefers-color-scheme:dark){:root{--paper:#151514;--card:#1d1d1b;--ink:#eceae5;--soft:#a8a49d;--line:#34332f;--track:#272724;--passed:#56c596;--degraded:#e6a93f;--failed:#f07a6e;--broken:#a993f0;--skipped:#918d86;--bar:#3f6a5a;--mark:#86aef0;--ours:#24334a;--said:#6fa892}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:30px 20px 80px}
.passed{--s:var(--passed)}.degraded{--s:var(--degraded)}.failed{--s:var(--failed)}.broken{--s:var(--broken)}.skipped{--s:var(--skipped)}
.soft{color:var(--soft)}.num{text-align:right;white-space:nowrap}code,.mono{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
header h1{font-size:32px;line-height:1.16;margin:0 0 8px;font-weight:650;letter-spacing:-.012em;text-wrap:balance}header h1 span{color:var(--s)}
header p{margin:0 0 14px;font-size:17px;max-width:68ch}
.facts{display:flex;flex-wrap:wrap;gap:2px 22px;color:var(--soft);border-top:1px solid var(--line);padding-top:10px;font-size:14px}
.filter{display:flex;flex-wrap:wrap;gap:8px;margin:18px 0 0}.filter button,.filter input{font:inherit;font-size:14px;border:1px solid var(--line);background:var(--card);color:var(--ink);border-radius:10px;padding:4px 12px}.filter button[aria-pressed=true]{border-color:var(--ink)}.filter input{flex:1;min-width:140px}
article{background:var(--card);border:1px solid var(--line);border-radius:10px;margin-top:20px;overflow:hidden;break-inside:avoid-page}
.top{padding:15px 18px 4px;display:grid;grid-template-columns:1fr auto;gap:1px 16px}
article h2{font-size:17.5px;margin:0;font-weight:620}.verdict{color:var(--s);font-weight:620;white-space:nowrap;text-align:right}.top .soft{font-size:14px}
.told{margin:4px 18px 0;padding:0;list-style:none}.told li{border-left:3px solid var(--s);padding:1px 0 1px 12px;margin:6px 0}.told b{font-weight:600}
.thread{display:flex;padding:12px 18px 14px;overflow-x:auto}.thread div{flex:1;min-width:84px;position:relative;text-align:center;font-size:12.5px;color:var(--soft);padding-top:22px}
.thread div::before{content:"";position:absolute;top:8px;left:0;right:0;height:2px;background:var(--line)}.thread div:first-child::before{left:50%}.thread div:last-child::before{right:50%}.thread div:only-child::before{display:none}
.thread div::after{content:"";position:absolute;top:3px;left:calc(50% - 6px);width:12px;height:12px;border-radius:50%;background:var(--s,var(--line));border:2px solid var(--card)}
.thread .worst{color:var(--ink);font-weight:600}.thread .worst::after{top:0;left:calc(50% - 9px);width:18px;height:18px}.thread .worst i{position:absolute;top:0;left:0;right:0;z-index:1;font-style:normal;font-size:10px;line-height:18px;color:var(--card)}.thread small{display:block;font-weight:400;color:var(--soft)}
table{width:100%;border-collapse:collapse}td{padding:5px 8px;border-top:1px solid var(--line);vertical-align:middle}td:first-child{padding-left:18px;width:34px;color:var(--s);font-weight:700}td:last-child{padding-right:18px}
td.num{width:1%}.who{color:var(--soft);font-size:13px;width:80px}.what{width:38%;overflow-wrap:anywhere}.deep1{padding-left:24px}.deep2{padding-left:44px}.deep3{padding-left:64px}tr.skipped .what,tr.skipped .num{color:var(--soft)}tr.head td{color:var(--soft);font-size:12.5px;border:0;padding-bottom:2px}
.axis{position:relative;height:18px;background:var(--track);border-radius:3px}.axis i{position:absolute;top:4px;bottom:4px;border-radius:2px;background:var(--bar);min-width:2px}tr.degraded .axis i{background:var(--degraded)}tr.failed .axis i{background:var(--failed)}tr.broken .axis i{background:var(--broken)}
.axis b{position:absolute;top:0;bottom:0;width:0;border-left:2px solid var(--mark)}.axis b.limit{border-left-style:dotted;border-color:var(--failed)}
tr.more>td{border:0;padding-top:0}tr.more>td>div{border-left:3px solid var(--s);padding:2px 0 10px 14px;display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:14px 20px}tr.more>td>div>:only-child{grid-column:1/-1}
dl{margin:0}dt{color:var(--soft);font-size:13px}dd{margin:0 0 6px;overflow-wrap:anywhere}dd pre{margin:0;white-space:pre-wrap;font:12.5px/1.5 ui-monospace,monospace}
figure{margin:0}figcaption{color:var(--soft);font-size:13px;margin-bottom:4px}figure img{max-width:100%;border:1px solid var(--line);border-radius:6px;display:block}figure svg{max-width:680px}svg text{font:11px system-ui;fill:var(--soft)}
.sheet{padding:4px 18px 16px;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px 28px}.sheet>div{display:grid;gap:12px;align-content:start;min-width:0}.shots{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:14px}
.talk{display:grid;gap:6px;padding:4px 18px 16px;max-width:740px}.talk p{margin:0;padding:6px 12px;border-radius:12px;background:var(--track);max-width:80%;justify-self:start;overflow-wrap:anywhere}.talk p.us{justify-self:end;background:var(--ours)}.talk small{color:var(--soft);font-size:12px}.talk .gap{justify-self:center}.talk [data-play]{cursor:pointer}.talk [data-play]:hover,.talk [data-play]:focus-visible{outline:1px solid var(--soft)}
details>summary{padding:8px 18px 9px;color:var(--soft);cursor:pointer;border-top:1px solid var(--line);font-size:14px}details>summary::marker{color:var(--line)}details>summary.one{display:grid;grid-template-columns:80px 1fr 76px;gap:12px;align-items:center}details>summary.one>:first-child::before{content:"▸ ";color:var(--line)}details[open]>summary.one>:first-child::before{content:"▾ "}details>summary.one .axis{height:10px}details>summary.one .axis i{top:2px;bottom:2px}
.key{display:flex;gap:4px 18px;flex-wrap:wrap;padding:8px 18px 12px;font-size:12.5px;color:var(--soft)}.key svg{vertical-align:-3px}
footer{margin-top:28px;color:var(--soft);font-size:13px}a{color:var(--mark)}audio{width:100%;height:34px}
@media (max-width:640px){main{padding:20px 12px 60px}.thread{padding:10px 6px 12px}.thread div{min-width:0;font-size:11px}header h1{font-size:25px}header p{font-size:16px}.who,.wait{display:none}.what{width:auto}tr.more>td>div{grid-template-columns:minmax(0,1fr)}td{padding:7px 6px}.top{grid-template-columns:1fr}.top .num,.verdict{text-align:left}}
@media print{:root{--paper:#fff}body{font-size:12px}main{max-width:none;padding:0}.filter,audio{display:none}details>summary{list-style:none}article{break-inside:auto}tr,figure,.talk p{break-inside:avoid}.axis i,.thread div::after,.talk p{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
