"""The HTML report.

`loader` reads and scores runs; `data`, `score_data`, `series` and `frames` turn them into the page's JSON;
`pack` encodes it compactly and safely; `document` writes the page from `page.html`, `style.css` and
`script/`, which need no build step.
"""
