"""A confined worker opens no file: whatever an examination imports is loaded beforehand."""

import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from verifier.trust import Evidence

PROGRAM = """
import logging, pickle, sys
from verifier.worker import load
from verifier.stages import examine
load()
logging.disable(logging.CRITICAL)
before = set(sys.modules)
opened = []
sys.addaudithook(lambda event, of: opened.append(of[0]) if event == "open" else None)
for pdf, trust in pickle.load(sys.stdin.buffer):
    examine(pdf, trust)
print(sorted(set(sys.modules) - before), opened)
"""


@pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")
def test_an_examination_loads_nothing_more(
    authority, verifier_kit, sealing, genuine: bytes, plain: bytes, bad_files
) -> None:
    rsa_authority = verifier_kit.make_authority("RSA", key=rsa.generate_private_key(65537, 2048))
    files = [genuine, plain, *(make(genuine) for make in bad_files.OF_OURS.values())]
    files += [bad_files.UNREADABLE[lie](genuine) for lie in ("truncated_early", "locked")]
    files += [make() for make in bad_files.FOREIGN.values()]
    files += [sealing(dss=False)(plain), sealing(timestamped=False)(plain)]
    files += [sealing(revoked=(authority.seal,))(plain)]
    requests = [(each, authority.trust) for each in files]
    requests += [(genuine, replace(authority.trust, evidence=each)) for each in Evidence]
    requests.append((verifier_kit.Sealing(authority=rsa_authority)(plain), rsa_authority.trust))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps(requests),
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.decode() == "[] []\n"
