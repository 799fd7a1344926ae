#!/usr/bin/env python3
"""The built module as GStreamer sees it: usage: module.py MODULE GST_INSPECT NM REGISTRY"""
import os
import re
import subprocess
import sys

module, gst_inspect, nm, registry = sys.argv[1:]
environment = dict(os.environ, GST_PLUGIN_PATH_1_0=os.path.dirname(module), GST_PLUGIN_SYSTEM_PATH_1_0="",
                   GST_REGISTRY_1_0=registry, GST_REGISTRY_FORK="no", LC_ALL="C", COLORTERM="", NO_COLOR="1")
ELEMENTS = ("realtimesink", "realtimesrc", "realtimetextsrc", "realtimeimagesink")
CAPS = {"realtimetextsrc": ("format: utf8",), "realtimeimagesink": ("image/jpeg", "image/png")}
AUDIO_CAPS = ("audio/x-raw", "S16LE", "24000", "audio/x-mulaw", "audio/x-alaw", "8000")
SESSION_ONLY = {"uri", "api-key", "voice", "turn-detection", "tools", "session", "stats"}  # a sample that must be there
ACTIONS = {"send-text", "send-image", "delete-item", "retrieve-item", "send-tool-output", "send-tool-output-silent", "create-response", "cancel-response", "interrupt", "commit",
           "clear-input", "send-event"}
results = []


def check(name, holds, why=""):
    results.append(holds)
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {name}")
    if not holds and why:
        print("# " + str(why).replace("\n", "\n# "))


def inspect(*arguments):
    done = subprocess.run([gst_inspect, "--no-colors", *arguments], env=environment, capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def own_properties(text):
    """Those of the element's own class: they carry our Since."""
    return {m[1] for m in re.finditer(r"^  ([a-z0-9-]+) *: .*Since: 0\.", text, re.MULTILINE)}


if os.path.exists(registry):
    os.remove(registry)
code, text, errors = inspect("realtime")
check("a fresh registry takes the plugin up", code == 0 and all(element + ": " in text for element in ELEMENTS),
      text + errors)
check("loading says nothing", errors.strip() == "", errors)
check("the plugin names its licence", re.search(r"License +LGPL", text) is not None, text)

pages = {}
for element in ELEMENTS:
    code, pages[element], errors = inspect(element)
    check(f"{element} can be inspected", code == 0 and errors.strip() == "", errors)

sink, src, text_src, image_sink = (own_properties(pages[element]) for element in ELEMENTS)
shared = sink & src & text_src & image_sink
check("every element has every session property", SESSION_ONLY <= shared and len(shared) >= 45,
      f"{len(shared)} shared: {sorted(shared)}")
check("what only one element has is its own", text_src - shared == {"track"}
      and image_sink - shared == {"max-rate", "keep-images"}
      and sink - shared == {"chunk-duration", "max-uplink-backlog", "silence-fill-delay", "pre-roll", "mute", "half-duplex",
                               "local-vad"}
      and src - shared == {"cushion", "frame-duration", "gap-mode", "flush-on-interrupt", "playout-delay",
                         "max-backlog"}, (sink - shared, src - shared, text_src - shared, image_sink - shared))
for element in ELEMENTS:
    page = pages[element]
    actions = page.partition("Element Actions:")[2]
    found = set(re.findall(r'"([a-z-]+)" -> gboolean', actions) or re.findall(r'^ +"([a-z-]+)"', actions, re.MULTILINE))
    check(f"{element} has every action signal", ACTIONS <= found, (sorted(found), actions[:2000]))
    check(f"{element} asks for a key", '"need-api-key"' in page)
    key = page.partition("  api-key ")[2].partition("\n  ")[2].split("\n")[0]
    check(f"{element} does not let its key be read", re.search(r"flags: .*writable", page.partition("  api-key ")[2])
          and "readable" not in key, key)
    check(f"{element} takes the wire's formats", all(word in page for word in CAPS.get(element, AUDIO_CAPS)))

symbols = subprocess.run([nm, "-D", "--defined-only", module], capture_output=True, text=True, check=True).stdout
exported = [line.split()[-1] for line in symbols.splitlines() if line.split()]
own = [s for s in exported if not s.startswith("gst_plugin_realtime_")]
check("nothing but the plugin's entry points is exported", exported and not own, "\n".join(own[:40]))
print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
