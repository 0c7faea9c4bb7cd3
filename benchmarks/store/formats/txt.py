"""Text files in any folders, whose names contain those of the sequences (`Basketball_Struck_HSV.txt`)."""

from __future__ import annotations

from benchmarks.store.formats.flat import FlatText


class Txt(FlatText):
    """Boxes as text, read from any folder and with any separator; written as `<sequence>_<tracker>.txt`.

    Exported boxes are 1-based where the ground-truth files are, as those of OTB, TC128 and LaSOT.
    """

    name = "txt"

    boxes_path = "{sequence}_{tracker}.txt"
    times_path = "{sequence}_{tracker}_time.txt"
