"""What an assembly of modules promises beside what it does, as JSON: computed in a thread, without a run."""

import asyncio
from dataclasses import asdict

import flowscope as fs

from .finite import encoded


async def composition(text: bytes) -> bytes:
    """The engine's answer to an assembly (JSON). Raises SpecError for what is wrong with it."""
    return await asyncio.to_thread(_compute, fs.parse_assembly(text))


def _compute(assembly: fs.module.Assembly) -> bytes:
    found = assembly.composed()
    rates = {"rates": found.rates, "predicted": found.predicted, "scales": found.scales}
    shown = {"sampled": asdict(found.sampled), "seen": asdict(found.seen)}
    curves = {name: getattr(found, name).tolist() for name in ("time", "distance", "parts")}
    return encoded(rates | shown | curves)
