"""Settings of all tests."""

from hypothesis import settings

# A deadline per example measures how busy the machine is; pytest's own timeout ends what hangs.
settings.register_profile("navigator", deadline=None)
settings.load_profile("navigator")
