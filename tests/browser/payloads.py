"""Five hundred texts that would run, hide or break out if anybody took them for more than text."""

from __future__ import annotations

import itertools

HIT = "window.__hit=(window.__hit||0)+1"
_CALLS = (HIT, "alert(1)", "window.__hit='js'", "top.__hit=1", "parent.__hit=1")
_SHAPES = (
    "<script>{call}</script>",
    "<ScRiPt >{call}</sCrIpT>",
    "<script src=data:text/javascript,{call}></script>",
    "<img src=x onerror={call}>",
    '<img src="x" onerror="{call}">',
    "<img/src/onerror={call}//",
    "<svg onload={call}>",
    "<svg><script>{call}</script></svg>",
    "<svg><animate onbegin={call} attributeName=x dur=1s>",
    "<math><maction actiontype=statusline xlink:href=javascript:{call}>x</maction></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror={call}></style></table></mtext></math>",
    "<iframe srcdoc='<script>{call}</script>'></iframe>",
    "<iframe src=javascript:{call}></iframe>",
    "<object data=javascript:{call}></object>",
    "<embed src=javascript:{call}>",
    "<body onload={call}>",
    "<details open ontoggle={call}>x</details>",
    "<input autofocus onfocus={call}>",
    "<video><source onerror={call}></video>",
    "<audio src=x onerror={call}></audio>",
    "<marquee onstart={call}>x</marquee>",
    "<style>@keyframes x{{}}</style><b style=animation-name:x onanimationstart={call}>x</b>",
    "<style>*{{display:none!important}}</style><!--{call}-->",
    "<a href=javascript:{call}>x</a>",
    "<form action=javascript:{call}><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:{call}'>",
    "<base href=javascript:{call}//>",
    "<link rel=stylesheet href=data:text/css,*{{display:none}}><!--{call}-->",
    "<template><script>{call}</script></template>",
    "</pre></code></div></td></table><script>{call}</script>",
    "</script><script>{call}</script>",
    "</textarea></title></style><img src=x onerror={call}>",
    "--><script>{call}</script><!--",
    "]]><script>{call}</script>",
    '" onmouseover="{call}" x="',
    "' onfocus='{call}' autofocus x='",
    "` onfocus=`{call}` autofocus x=`",
    '"><img src=x onerror={call}>',
    "javascript:{call}",
    "JaVaScRiPt\t:{call}",
    "data:text/html,<script>{call}</script>",
    "vbscript:{call}",
    "${{{call}}}",
    "{{{{constructor.constructor('{call}')()}}}}",
    "{{% {call} %}} <%= {call} %> #{{{call}}}",
    "&lt;script&gt;{call}&lt;/script&gt;",
    "&#60;img src=x onerror={call}&#62;",
    "&#x3c;svg/onload={call}&#x3e;",
    "\\u003cscript\\u003e{call}\\u003c/script\\u003e",
    "%3Cscript%3E{call}%3C/script%3E",
    "+ADw-script+AD4-{call}+ADw-/script+AD4-",
    "＜script＞{call}＜/script＞",
    "<scr\x00ipt>{call}</scr\x00ipt>",
    "<img src=x onerror\x00={call}>",
    "\x1b]8;;javascript:{call}\x07click\x1b]8;;\x07",
    "\x1b[31;1m<img src=x onerror={call}>\x1b[0m",
    "\x1b]0;{call}\x07\x1b[2J\x1b[H<svg onload={call}>",
    "\x1b[38;5;1<script>{call}</script>m",
    "\u202e<img src=x onerror={call}>\u202c",
    "\u2066\u202b{call}\u2069<svg onload={call}>",
    "\u200b<\u200bscript>{call}<\ufeff/script>",
    "e\u0301\u0300\u0302" * 20 + "<img src=x onerror={call}>",
    "[x](javascript:{call})",
    "![x](x'onerror={call})",
    "<javascript:{call}>",
    "[x]: javascript:{call}",
    "```html <script>{call}</script> ```",
    "$\\href{{javascript:{call}}}{{x}}$",
    "$$\\unicode{{<img src=x onerror={call}>}}$$",
    "\\(\\class{{x}}{{\\href{{javascript:{call}}}{{y}}}}\\)",
    "\\[\\require{{html}}\\style{{behavior:url(x)}}{{\\href{{javascript:{call}}}{{z}}}}\\]",
    "$\\text{{<script>{call}</script>}}$",
    '{{"__proto__":{{"dangerouslySetInnerHTML":{{"__html":"<img src=x onerror={call}>"}}}}}}',
    '=HYPERLINK("javascript:{call}")',
    "'; {call}; //",
    '"); {call}; ("',
    "\\'; {call}; //",
    "<xss id=x tabindex=1 onfocus={call} style=position:fixed;inset:0>",
    "<noscript><p title='</noscript><img src=x onerror={call}>'>",
    "<select><option><style></option></select><img src=x onerror={call}></style>",
)
LONG = 20_000


def payloads() -> list[str]:
    """Return exactly 500, no two alike, each of one line; among them some very long ones."""
    made = [shape.format(call=call) for call, shape in itertools.product(_CALLS, _SHAPES)]
    made += [f"<!--{'A' * LONG}--><img src=x onerror={call}>" for call in _CALLS[:2]]
    made += [f"{'<b>' * 500}{'<i onclick=' * 50}<svg onload={call}>" for call in _CALLS]
    entities = (f"&{name};<img src=x onerror={call}>" for call in _CALLS for name in ("lt", "quot", "NewLine", "colon"))
    tags = ("a", "b", "div", "p", "td", "li", "h1", "button", "label", "nav", "time", "x-y", "dialog", "summary", "font",
            "center", "tt", "image", "isindex", "keygen", "plaintext", "xmp", "listing", "frameset", "noembed")  # fmt: skip
    events = (f"<{tag} onpointerrawupdate={call} {event}={call}>" for call in _CALLS for tag in tags
              for event in ("onpointerenter", "onscrollend"))  # fmt: skip
    made = list(dict.fromkeys([*made, *entities, *events]))[:500]
    assert len(made) == 500, len(made)
    return made
