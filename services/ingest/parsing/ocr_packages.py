"""Whether text recognition is installed; the service asks at its start."""

import shutil
import subprocess


def missing(languages: str) -> str | None:
    """Return what to install before text is recognised in these languages, None if nothing."""
    wanted = languages.split("+")
    packages = " ".join(f"tesseract-ocr-{name.lower().replace('_', '-')}" for name in wanted)
    program = shutil.which("tesseract")
    if program is None:
        return f"There is no program tesseract: apt-get install tesseract-ocr {packages}"
    listed = subprocess.run(  # noqa: S603 - Debian's program
        [program, "--list-langs"], capture_output=True, text=True, check=False
    ).stdout.split()
    if all(name in listed for name in wanted):
        return None
    return f"tesseract lacks a language of {languages}: apt-get install {packages}"
