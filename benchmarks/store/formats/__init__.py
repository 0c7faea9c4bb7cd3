"""Imports and exports the result files of other tools: one module per format, and what they share.

`read_results` turns a folder or archive into trajectories on our sequences; `write_results` does the reverse.
Each format knows its own files. `members` opens folders and archives, `matching` assigns files to sequences,
`column_detection` finds the box in each row, `origin` the pixel origin, and `alignment` the rows' frames.
"""

from benchmarks.store.formats.base import Format, Origin
from benchmarks.store.formats.reading import ImportedResults, ImportOptions, NothingFound, read_results
from benchmarks.store.formats.writing import write_results
from trackers.registry import Entry, Registry

__all__ = [
    "FORMATS",
    "Format",
    "ImportOptions",
    "ImportedResults",
    "NothingFound",
    "Origin",
    "read_results",
    "write_results",
]

FORMATS = Registry(
    "format of results",
    {
        "otb-mat": Entry("benchmarks.store.formats.otb_mat:OTBMat", "OTB's MATLAB toolkit"),
        "otb-json": Entry("benchmarks.store.formats.otb_json:OTBJson", "OTB's Python toolkit"),
        "got10k": Entry("benchmarks.store.formats.got10k:GOT10k", "the GOT-10k toolkit"),
        "pysot": Entry("benchmarks.store.formats.pysot:PySOT", "PySOT and its toolkit"),
        "pytracking": Entry("benchmarks.store.formats.pytracking:PyTracking", "pytracking"),
        "vot": Entry("benchmarks.store.formats.vot:VOT", "a workspace of either VOT toolkit"),
        "txt": Entry("benchmarks.store.formats.txt:Txt", "text files named after sequences"),
    },
    hint="see `sotbench import --help`",
)
