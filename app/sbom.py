"""The bill of materials of this program, CycloneDX 1.6 as JSON: `make sbom`.

It is made from what is committed: the list of licences, the lock files and the model files. It has
no time stamp and no serial number, so that a commit gives the same bytes on every machine.

Reference: ECMA-424, CycloneDX bill of materials.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model import HashAlgorithm as Algorithm
from cyclonedx.model import HashType as Hash
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from app import attribution
from app.attribution import ROOT
from app.lock_files import npm_pins, pins
from app.version import software
from ml.models.weight_files import sha256_of

__all__ = ["FILE", "document", "main"]

FILE: Final = ROOT / "sbom.cdx.json"
"""Where the command writes; it goes with a release and is not committed."""
MODELS: Final = ("weights", "gate", "membership")
"""Folders under assets of what the networks, and the checks beside them, have learned."""
_LICENCES: Final = LicenseFactory()

_Named = dict[str, list[Component]]
_Asks = dict[str, list[str]]


def document() -> str:
    """The bill of materials as JSON."""
    name, version = software().split()
    whole = Component(name=name, version=version, type=ComponentType.APPLICATION, bom_ref=name)
    bom = Bom()
    bom.metadata.component = whole
    for named, asks in (_python(), _viewer()):
        named[""] = [whole]
        for asker, wanted in asks.items():
            for one in named[asker]:
                bom.register_dependency(one, [each for other in wanted for each in named[other]])
        bom.components.update(one for other in named.values() for one in other if one is not whole)
    own = [*_models(version), *_fonts_and_data()]
    bom.components.update(own)
    bom.register_dependency(whole, own)
    made = json.loads(JsonV1Dot6(bom).output_as_string())
    del made["serialNumber"], made["metadata"]["timestamp"]
    return f"{json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True)}\n"


def main() -> int:
    """Write the file; 1 where it would not be valid, and then nothing is written."""
    text = document()
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        sys.stderr.write(f"Nothing is written: this is no valid CycloneDX.\n{wrong}\n")
        return 1
    FILE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{FILE.name} is written.\n")
    return 0


def _python() -> tuple[_Named, _Asks]:
    """[name] → versions of a Python package, and [name] → what it asks for; "" is this program."""
    stated = {(one.name, one.version): one for one in attribution.listed()}
    named, asks = defaultdict[str, list[Component]](list), defaultdict[str, list[str]](list)
    for pin in pins(ROOT / "requirements.lock"):
        part = stated[pin.name, pin.version]
        named[pin.name].append(
            _package(
                PackageURL("pypi", None, pin.name, pin.version),
                licence=part.licence,
                shipped=part.used == "app",
                hashes=[Hash(alg=Algorithm.SHA_256, content=one) for one in pin.sha256],
            )
        )
        for asker in pin.asked_by:
            asks["" if asker.startswith("-") else asker].append(pin.name)
    return named, asks


def _viewer() -> tuple[_Named, _Asks]:
    """The same of the packages that the viewer's bundle is built with."""
    found = npm_pins(ROOT / "app" / "frontend" / "package-lock.json")
    named = {
        one.name: [
            _package(
                PackageURL("npm", *_scope(one.name), one.version),
                licence=one.licence,
                shipped=one.shipped,
                hashes=[Hash(alg=Algorithm.SHA_512, content=one.sha512)],
            )
        ]
        for one in found
    }
    asks = {one.name: list(one.asks_for) for one in found}
    asks[""] = sorted(set(named) - {name for wanted in asks.values() for name in wanted})
    return named, asks


def _package(
    address: PackageURL, *, licence: str, shipped: bool, hashes: Iterable[Hash]
) -> Component:
    """A package; the hashes are those of the files that it may be installed from."""
    stated = address.to_string()
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION, url=XsUri(stated), hashes=hashes
    )
    return Component(
        group=address.namespace,
        name=address.name,
        version=address.version,
        bom_ref=stated,
        purl=address,
        scope=ComponentScope.REQUIRED if shipped else ComponentScope.EXCLUDED,
        licenses=[_LICENCES.make_from_string(licence)],
        external_references=[files],
    )


def _scope(name: str) -> tuple[str | None, str]:
    """Scope and rest of the name of an npm package."""
    scope, _, rest = name.rpartition("/")
    return scope or None, rest


def _models(version: str) -> Iterator[Component]:
    """Every model file that is shipped, by its digest; it has the version of the program."""
    for folder in MODELS:
        for file in sorted((ROOT / "assets" / folder).glob("*.safetensors")):
            yield Component(
                type=ComponentType.MACHINE_LEARNING_MODEL,
                name=file.stem,
                version=version,
                bom_ref=file.relative_to(ROOT).as_posix(),
                hashes=[Hash(alg=Algorithm.SHA_256, content=sha256_of(file))],
            )


def _fonts_and_data() -> Iterator[Component]:
    """Fonts, which are shipped, and the data sets, which are not."""
    kinds = {"font": ComponentType.FILE, "data set": ComponentType.DATA}
    for one in attribution.listed():
        if one.used in kinds:
            yield Component(
                type=kinds[one.used],
                name=one.name,
                bom_ref=one.name,
                scope=ComponentScope.REQUIRED if one.used == "font" else ComponentScope.EXCLUDED,
                licenses=[_LICENCES.make_from_string(one.licence)],
            )


if __name__ == "__main__":
    raise SystemExit(main())
