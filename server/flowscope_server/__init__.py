"""Flowscope's server: carries runs to browsers and keeps them."""

from .app import create_app

__all__ = ["create_app"]
