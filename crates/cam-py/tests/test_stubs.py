"""The types that editors show are those that are there."""

import subprocess
import sys


def test_stubs_say_what_is_there():
    check = [sys.executable, "-m", "mypy.stubtest", "cam_explain._native"]
    checked = subprocess.run(check, capture_output=True, text=True, timeout=300)
    assert checked.returncode == 0, checked.stdout


def test_every_name_of_the_package_has_words():
    import cam_explain

    for name in cam_explain.__all__:
        it = getattr(cam_explain, name)
        if callable(it):
            assert it.__doc__, name
            for part, value in vars(it).items() if isinstance(it, type) else ():
                is_own = not part.startswith("_") and not isinstance(value, (staticmethod, classmethod))
                if is_own and it.__module__ == "cam_explain" and not issubclass(it, Exception):
                    assert value.__doc__, f"{name}.{part}"
