"""Files in which people annotate videos: text tables, COCO, CVAT, LabelMe and MOT; one `Track` per target."""

from benchmarks.datasets.annotations.track import Track, track_of

__all__ = ["Track", "track_of"]
