"""The HTML report: what it shows, as plain data, and the page that shows it.

`gather` reads and scores runs, `figures`, `series`, `frames` and `manifests` say what the page gets of them,
`pack` makes it small and safe to embed, `document` writes the page. `page.html`, `style.css` and `script/`
are the page itself; they are put together as they are, without a build step.
"""
