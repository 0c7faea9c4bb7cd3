"""Any folder of text files whose names contain the sequences' (`Basketball_Struck_HSV.txt`)."""

from __future__ import annotations

from benchmarks.store.formats.flat import FlatText


class Txt(FlatText):
    """Boxes as text, read whatever the folders and separators; written as `<sequence>_<tracker>.txt`.

    Exported boxes count pixels from 1, as the ground-truth files of OTB, TC128 and LaSOT do.
    """

    name = "txt"

    boxes_path = "{sequence}_{tracker}.txt"
    times_path = "{sequence}_{tracker}_time.txt"
