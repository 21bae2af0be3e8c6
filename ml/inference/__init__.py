"""Reading a prepared picture: engines, heat maps, outlines, boxes, and what they are worth.

OpenVINO tells an analytics service of each import of itself, unless the package that does so is not
there. Nothing leaves this computer, so that package is taken for absent here, before any module
beside this one imports OpenVINO, which then uses a stub of its own.
"""

import sys
from types import ModuleType

# No package, so that importing a part of it fails as it would where it is not installed.
sys.modules["openvino_telemetry"] = ModuleType("openvino_telemetry")
