"""For all tests: hypothesis sets no time limit, as machines are shared, and prints how to repeat a failure."""

from hypothesis import settings

settings.register_profile("banyan", deadline=None, print_blob=True)
settings.load_profile("banyan")
