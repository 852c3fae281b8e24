"""What holds for all unit tests."""

from hypothesis import settings

settings.register_profile(
    "vedette", deadline=None
)  # no timed tests: other work on the machine decides how long one takes
settings.load_profile("vedette")
