"""The protocol's JSON schemas as a judge that is not our codec: the validator beside the source tree, run by node."""

import os
import shutil
import subprocess

# GA conversations are judged by their own event set: in the union of all sessions a mistake may pass as another's event.
KIND = {"ga": ["--kind", "conversation"], "beta": []}


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
    options = KIND[dialect] + (["--strict"] if strict else [])
    run = subprocess.run(["node", validator_in(shared), dialect, side, *options], input=events, capture_output=True,
                         check=False)
    return run.returncode == 0, (run.stdout + run.stderr).decode()
