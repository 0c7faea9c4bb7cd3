"""Other tools' results: one file per format, and what they share.

`read_results` turns a folder or zip file into trajectories of our sequences, `write_results` the reverse. A
format knows how its files look; `members` opens folders and zip files, `matching` finds whose files they are,
`origin` how they count pixels, `alignment` which frames their rows belong to.
"""

from benchmarks.store.formats.base import Format, Origin
from benchmarks.store.formats.reading import ImportedResults, NothingFound, read_results
from benchmarks.store.formats.writing import write_results
from trackers.registry import Entry, Registry

__all__ = ["FORMATS", "Format", "ImportedResults", "NothingFound", "Origin", "read_results", "write_results"]

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
    hint="see `python -m benchmarks import --help`",
)
