"""The Python peer: always-on seeder, headless viewer."""

from importlib.metadata import version

__version__ = version("banyan-video")
