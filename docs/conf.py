"""Sphinx configuration: `sphinx-build -W docs docs/_build`."""

from __future__ import annotations

from importlib.metadata import version as installed_version

project = "sotbench"
author = "the sotbench authors"
copyright = "the sotbench authors"  # noqa: A001 - the name that Sphinx reads
version = release = installed_version("sotbench")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write code in single backquotes

html_theme = "furo"
html_title = "sotbench"
html_static_path: list[str] = []

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# The notebook is executed by the tests and shown with the outputs that it was committed with.
nb_execution_mode = "off"
nb_output_stderr = "remove"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
