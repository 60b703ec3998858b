"""The two kinds of readable pages: the description of the API and the problems. They load nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from flask import Response
from markupsafe import Markup, escape

from api.problems import PROBLEMS, Problem

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--ink:#0b6e4f}
body{font:16px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem}
h1,h2,h3{line-height:1.25}h2{margin-top:2.5rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
code,pre{font:.9em/1.5 ui-monospace,monospace}
pre{background:var(--soft);padding:.8rem;overflow:auto;border-radius:.4rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
word-break:keep-all;overflow-wrap:anywhere;padding:.35rem .6rem;
border-bottom:1px solid var(--line)}
details{border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;
padding:.4rem .8rem}summary{cursor:pointer}.verb{display:inline-block;min-width:3.6rem;font-weight:700;color:var(--ink)}
.soft{opacity:.7}a{color:var(--ink)}
@media(max-width:40rem){tr,td,th{display:block}td,th{border:0}tr{border-bottom:1px solid var(--line)}}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CSP = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"


def _row(*cells: object) -> Markup:
    return Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in cells))


def make_page(title: str, content: Markup) -> Response:
    """Return a whole page under a policy that forbids everything but its own style."""
    page = Markup(
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<title>{title}</title><style>{style}</style><body>{content}</body></html>"
    ).format(title=title, style=Markup(_STYLE), content=content)  # noqa: S704 - a constant of ours
    response = Response(str(page), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def render_problem_page(problem: Problem) -> Response:
    """Return the page of one problem, in both languages."""
    content = Markup(
        '<h1>{zh} <span class="soft">{en}</span></h1><p><code>{slug}</code> · HTTP {status}</p>'
        '<p lang="zh-CN">{zh_detail}</p><p lang="en">{en_detail}</p>'
        '<p><a href="/problems/">所有问题 · all problems</a></p>'
    ).format(
        zh=problem.title.zh,
        en=problem.title.en,
        slug=problem.slug,
        status=problem.status,
        zh_detail=problem.detail.zh,
        en_detail=problem.detail.en,
    )
    return make_page(f"{problem.title.zh} · {problem.title.en}", content)


def render_problem_list() -> Response:
    """Return the list of all problems."""
    rows = Markup("").join(
        _row(Markup('<a href="/problems/{0}">{0}</a>').format(one.slug), one.status, one.title.zh, one.title.en)
        for one in PROBLEMS.values()
    )
    return make_page("问题 · Problems", Markup("<h1>问题 · Problems</h1><table>{}</table>").format(rows))


def render_docs(spec: dict[str, Any]) -> Response:
    """Return the description of the API as a page, by tag."""
    head = Markup(
        '<h1>{}</h1><p>{}</p><p><a href="/openapi.json">openapi.json</a> · <a href="/problems/">problems</a></p>'
    )
    content = head.format(spec["info"]["title"], spec["info"]["description"])
    for tag in spec["tags"]:
        content += Markup("<h2>{} <small class=soft>{}</small></h2>").format(tag["name"], tag["description"])
        for path, item in spec["paths"].items():
            for verb in ("get", "post"):
                if tag["name"] in item.get(verb, {}).get("tags", ()):
                    content += _render_operation(verb, path, item[verb], shared=item.get("parameters", []))
    content += Markup("<h2>Schemas</h2>")
    for name, schema in spec["components"]["schemas"].items():
        content += _render_schema(name, schema)
    return make_page("Fieldreach API", content)


def _name_schema(schema: dict[str, Any]) -> Markup:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" | ").join(map(_name_schema, schema["anyOf"]))
    if schema.get("type") == "array":
        return _name_schema(schema["items"]) + "[]"
    kind = schema.get("type", "object")
    return escape(" | ".join(kind) if isinstance(kind, list) else kind)


def _render_operation(verb: str, path: str, operation: dict[str, Any], *, shared: list[dict[str, Any]]) -> Markup:
    listed = [one for one in [*shared, *operation.get("parameters", [])] if "name" in one]
    parameters = Markup("").join(
        _row(
            Markup("<code>{}</code>").format(one["name"]),
            one["in"] + (" · required" if one.get("required") else ""),
            _name_schema(one["schema"]),
            one.get("description", ""),
        )
        for one in listed
    )
    body = Markup("")
    for media in operation.get("requestBody", {}).get("content", {}).values():
        body = Markup("<p>Body: {}</p>").format(_name_schema(media["schema"]))
    answers = Markup("").join(
        _row(
            status,
            Markup(" ").join(_name_schema(m["schema"]) for m in answer.get("content", {}).values() if "schema" in m),
        )
        for status, answer in operation["responses"].items()
        if "content" in answer
    )
    return Markup(
        '<details><summary><span class="verb">{verb}</span> <code>{path}</code> — {summary}</summary>'
        "<p>{description}</p><table>{parameters}</table>{body}<table>{answers}</table></details>"
    ).format(
        verb=verb.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=parameters,
        body=body,
        answers=answers,
    )


def _render_schema(name: str, schema: dict[str, Any]) -> Markup:
    required = set(schema.get("required", ()))
    rows = Markup("").join(
        _row(
            Markup("<code>{}</code>").format(key),
            "required" if key in required else "",
            _name_schema(value),
            value.get("description", ""),
        )
        for key, value in schema.get("properties", {}).items()
    )
    values = Markup(" | ").join(Markup("<code>{}</code>").format(each) for each in schema.get("enum", ()))
    return Markup('<h3 id="{}">{}</h3><p>{}</p><table>{}</table>').format(name, name, values, rows)
