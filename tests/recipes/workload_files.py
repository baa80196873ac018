"""The files in `workloads/`, found by their names: one per recipe kind, each with WORKLOADS or, in words, WITHOUT.

`WORKLOADS` maps names of recipe cases to what clients do in them. `WITHOUT` is the reason why a kind has none.
"""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.recipes.workload import Workload


def workload_files() -> Mapping[str, ModuleType]:
    """Return every file by its recipe kind."""
    folder = Path(__file__).parent / "workloads"
    return {
        found.name: import_module(f"tests.recipes.workloads.{found.name}")
        for found in pkgutil.iter_modules([str(folder)])
    }


def workloads() -> Mapping[str, Workload]:
    """Return every workload by the name of its case."""
    return {name: workload for file in workload_files().values() for name, workload in _of(file).items()}


def _of(file: ModuleType) -> Mapping[str, Workload]:
    return getattr(file, "WORKLOADS", {})


def reason(file: ModuleType) -> str:
    """Return why the kind has no workload; empty when it has."""
    return getattr(file, "WITHOUT", "")
