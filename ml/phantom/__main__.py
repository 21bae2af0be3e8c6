"""`python -m ml.phantom --out assets/samples`: write the simulated samples."""

import argparse
from pathlib import Path

from ml.phantom.samples import write_samples


def main() -> None:
    """Parse the command line and write the samples."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.phantom",
        description="Draw the simulated samples (PNG, DICOM, a series) and their index.json.",
    )
    parser.add_argument("--out", type=Path, default=Path("assets/samples"), help="folder to write")
    folder = parser.parse_args().out
    for name in write_samples(folder):
        print(folder / name)


if __name__ == "__main__":
    main()
