"""The page of Flowscope: a Dash layout built once from the contract; whatever happens per frame happens in
`assets/*.mjs`.
"""

from .contract import Contract, parse_contract, read_contract
from .page import mount

__all__ = ["Contract", "mount", "parse_contract", "read_contract"]
