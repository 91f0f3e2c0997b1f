extension ReportPage {
  /// The page's style: one column on a phone, two on a desk; light or dark as the reader's system is.
  static let style = """
    :root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--ink:#16191d;--soft:#5d6673;--line:#e1e4e9;--c1:#2563eb;--c2:#d9660b;
    --c3:#0d8a72;--c4:#8b3fd1;--c5:#56606e;--warn:#8a4b00;--warnback:#fff3dd;--well:#0d6b3f}
    @media(prefers-color-scheme:dark){:root{--back:#101317;--card:#191d23;--ink:#e6e9ee;--soft:#98a2b0;--line:#2b313a;--c1:#6ea5ff;
    --c2:#ff9f4a;--c3:#3fc9ac;--c4:#c490ff;--c5:#a9b4c2;--warn:#ffc777;--warnback:#33260f;--well:#61c993}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    header,main{max-width:1240px;margin:0 auto;padding:0 20px}
    header{padding-top:26px}
    h1{font-size:26px;line-height:1.2;margin:0;overflow-wrap:anywhere}
    h2,figcaption{font-size:14px;font-weight:600;margin:0 0 10px}
    h3{font-size:13px;font-weight:600;color:var(--soft);margin:12px 0 4px}
    header p{margin:6px 0 14px;color:var(--soft);overflow-wrap:anywhere}
    .stand{font-size:13px;font-weight:600;vertical-align:4px;padding:2px 10px;border-radius:99px;border:1px solid currentColor;color:var(--c1);
    white-space:nowrap}
    .finished{color:var(--well)}.stopped,.interrupted{color:var(--warn)}
    .bar{height:4px;border-radius:2px;background:var(--line);overflow:hidden}
    .bar div{height:100%;background:var(--c1)}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:18px 0}
    .tiles div,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
    .tiles div{padding:10px 14px;display:flex;flex-direction:column}
    .tiles b{font-size:12px;font-weight:500;color:var(--soft)}
    .tiles strong{font-size:23px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
    .tiles small{font-size:12px;color:var(--soft)}
    .card{padding:14px 16px;margin:0;min-width:0}
    .well{color:var(--well);margin:0 0 18px}
    .early{color:var(--soft);margin:0 0 18px}
    .warnings{border:1px solid;border-color:color-mix(in srgb,var(--warn) 40%,transparent);background:var(--warnback);border-radius:10px;
    padding:12px 16px;margin-bottom:18px}
    .warnings ul{margin:0;padding:0;list-style:none}
    .warnings li+li{margin-top:8px}
    .warnings b{color:var(--warn);text-transform:uppercase;font-size:12px;letter-spacing:.05em;margin-right:6px}
    .warnings em{font-style:normal;color:var(--soft)}
    .upper{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr);gap:14px;align-items:start}
    .samples{position:sticky;top:14px}
    #grid{display:block;width:100%;image-rendering:pixelated;border-radius:4px}
    .slide{display:flex;gap:10px;align-items:center;margin-top:12px}
    .slide input{flex:1;min-width:0;accent-color:var(--c1)}
    .slide output{min-width:7em;text-align:right;font-variant-numeric:tabular-nums}
    button{font:inherit;width:36px;height:32px;border-radius:8px;border:1px solid var(--line);background:var(--back);color:var(--ink);cursor:pointer}
    .curves{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:14px}
    #loss{grid-column:1/-1}
    figcaption{display:flex;flex-wrap:wrap;column-gap:12px;justify-content:space-between}
    figcaption .keys{display:flex;gap:12px;font-weight:400;color:var(--soft);font-variant-numeric:tabular-nums}
    .keys i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:5px}
    svg{display:block;width:100%;overflow:visible;touch-action:pan-y}
    svg text{font-size:11px;fill:var(--soft);font-variant-numeric:tabular-nums}
    .rule{stroke:var(--line)}.cursor{stroke:var(--soft);stroke-dasharray:3 3}
    .facts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:14px;margin:14px 0;align-items:start}
    .facts>div{display:grid;gap:14px}
    .tables{display:flex;flex-wrap:wrap;column-gap:28px;align-items:start}
    table{border-collapse:collapse;font-size:13px;flex:1 1 200px;min-width:0}
    th{text-align:left;font-weight:400;color:var(--soft);padding:3px 14px 3px 0;vertical-align:top;white-space:nowrap}
    td{padding:3px 0;overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px;width:99%}
    pre{margin:0;padding:9px 12px;border-radius:8px;background:var(--back);border:1px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere;
    font:12.5px/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    pre span{display:inline-block;max-width:100%}
    main>.card{margin-top:14px}
    main>:last-child{margin-bottom:30px}
    .upper+.card h3:first-of-type{margin-top:0}
    @media(max-width:880px){.upper{grid-template-columns:minmax(0,1fr)}.samples{position:static}}
    @media(max-width:560px){.curves,.facts{grid-template-columns:minmax(0,1fr)}header,main{padding:0 12px}header{padding-top:18px}
    .tiles{grid-template-columns:repeat(2,1fr);gap:8px}.tiles div:last-child:nth-child(odd){grid-column:1/-1}}
    """
}
