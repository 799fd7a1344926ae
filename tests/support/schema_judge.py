"""The protocol's JSON schemas as a judge that is not our codec: the validator beside the source tree, run by node."""

import os
import shutil
import subprocess

# Each kind of session is judged by its own event set: in the union of all a mistake may pass as another's event.
SCHEMA = {"ga": ["ga", "--kind", "conversation"],
          "transcription": ["ga", "--kind", "transcription"],
          "translation": ["ga", "--kind", "translation"],
          "beta": ["beta"],
          "beta-transcription": ["beta"]}


def validator_in(shared):
    return os.path.join(shared, "protocol", "validate.mjs")


def why_not(shared):
    """Why the judge cannot sit: needs node, the validator in SHARED and ajv (AJV_FROM names a package.json whose
    node_modules has it). None when it can."""
    if not os.path.exists(validator_in(shared)):
        return "no schemas beside the source tree"
    if not shutil.which("node"):
        return "no node"
    probe = "require('module').createRequire(process.env.AJV_FROM ?? process.cwd() + '/package.json')('ajv/dist/2020')"
    found = subprocess.run(["node", "-e", probe], capture_output=True, check=False).returncode == 0
    return None if found else "no ajv (npm install ajv, AJV_FROM=.../package.json)"


def judge(shared, dialect, side, events, strict):
    """Validates JSON lines (bytes); returns whether all are valid, and what the validator said."""
    schema, *kind = SCHEMA[dialect]
    options = kind + (["--strict"] if strict else [])
    run = subprocess.run(["node", validator_in(shared), schema, side, *options], input=events, capture_output=True,
                         check=False)
    return run.returncode == 0, (run.stdout + run.stderr).decode()
