import asyncio
import os
import pickle
import subprocess

import numpy as np
import yaml

def run(name, text, path):
    # ruleid: command-in-a-shell
    subprocess.run(f"ls {name}", shell=True, timeout=5)
    # ruleid: command-in-a-shell
    os.system("ls " + name)
    # ok: command-in-a-shell
    subprocess.run(["ls", name], timeout=5)
    # ruleid: text-run-as-code
    eval(text)
    # ruleid: text-run-as-code
    exec(text)
    # ok: text-run-as-code
    re.compile("a")
    # ruleid: data-that-may-be-code
    pickle.loads(text)
    # ruleid: data-that-may-be-code
    np.load(path, allow_pickle=True)
    # ok: data-that-may-be-code
    np.load(path, allow_pickle=False)
    # ruleid: yaml-that-may-be-code
    yaml.load(text)
    # ruleid: yaml-that-may-be-code
    yaml.load(text, yaml.Loader)
    # ok: yaml-that-may-be-code
    yaml.load(text, yaml.CSafeLoader)
    # ok: yaml-that-may-be-code
    yaml.safe_load(text)
