"""Trackers whose networks are ONNX files, run by onnxruntime.

- `description`: the TOML file that describes the networks
- `search`: from maps to a box, and cropping; pure array functions
- `networks`: loads the networks, and checks that they fit the description
- `tracker`: the tracker
"""
