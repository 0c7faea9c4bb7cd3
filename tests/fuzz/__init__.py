"""Every parser under a coverage-guided fuzzer: `python -m tests.fuzz`, from the root of the repository.

A target is a function of bytes that hands them to one parser and holds the outcome against what the parser
promises: a value whose invariants hold, or the error that it documents; never another exception or a warning,
never a hang, never memory beyond a bound. `targets/` has them, `registry.py` lists them. `corpus/` holds few
inputs that reach what the fuzzer has reached, and `crashes/` every input that ever broke a promise;
`test_replay.py` runs both in the test suite, where no fuzzer is needed.

`engine.py` is one target under atheris (libFuzzer), `campaign.py` runs the engines and counts executions.
"""
