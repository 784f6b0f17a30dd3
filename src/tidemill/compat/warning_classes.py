"""Classes of warnings that programs name in their filters; Tidemill warns with the standard classes."""


class BetaWarning(Warning):
    """Of what may still change."""


class PreviewWarning(Warning):
    """Of what may still go."""


class ExperimentalWarning(Warning):
    """The older name of both."""


class SupersessionWarning(FutureWarning):
    """Of what has a successor."""


class ConfigArgumentWarning(SyntaxWarning):
    """Of a config parameter without a type."""
