"""Coverage-guided fuzzing of every parser: `python -m tests.fuzz`, from the root of the repository.

A target passes bytes to one parser and checks the outcome: a value whose invariants hold, or a documented
error. Any other exception, a warning, a hang or excessive memory is a crash. `targets/` has the targets,
`registry.py` lists them. `corpus/` has a small set of inputs that covers what the fuzzer has reached, and
`crashes/` the inputs that once crashed a parser; `test_replay.py` runs both without a fuzzer.

`engine.py` runs one target under atheris (libFuzzer); `campaign.py` runs the engines and counts executions.
"""
