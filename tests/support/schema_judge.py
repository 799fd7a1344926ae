"""The protocol's JSON schemas as a judge that is not our codec: the validator beside the source tree, run by node."""

import glob
import os
import shutil
import subprocess
import tempfile

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


def judge_programs(shared, programs, side, strict, optional=()):
    """Runs test programs and judges what they leave in RT_TRAFFIC_DIR. STRICT says how each kind of session, which the
    names of its files begin with, is judged: one that begins like another comes first. The exit code of a test."""
    reason = why_not(shared)
    if reason:
        print(f"skipped: {reason}")
        return 77
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            env = dict(os.environ, RT_TRAFFIC_DIR=folder, GST_REGISTRY_1_0=os.path.join(folder, "registry"))
            run = subprocess.run([program], env=env, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                print(f"{program} failed:\n{run.stdout}{run.stderr}")
                good = False
        left = set(glob.glob(os.path.join(folder, "*.jsonl")))
        for kind, strictly in strict.items():
            paths = {path for path in left if os.path.basename(path).startswith(kind + "-")}
            left -= paths
            sent = b"".join(open(path, "rb").read() for path in sorted(paths))
            if not sent:
                print(f"nothing was sent of kind {kind}")
                good = good and kind in optional
                continue
            valid, words = judge(shared, kind, side, sent, strictly)
            print(words[-4000:])
            good = good and valid
        if left:
            print(f"of no known kind: {sorted(os.path.basename(path) for path in left)}")
            good = False
    return 0 if good else 1
