"""Readers of annotation files: text tables, COCO, CVAT, LabelMe and MOT. Each target becomes a `Track`."""
