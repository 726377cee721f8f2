"""One tree of exceptions, with messages that name what, where and the remedy."""


class Error(Exception):
    """Something could not be done: an image is unreadable, a device failed. All of this package's errors are such."""


class UsageError(Error, ValueError):
    """What was asked contradicts itself, the network or the files."""


class FileError(Error, OSError):
    """A file could not be read or written."""


class ModelError(Error, ValueError):
    """The weight file is not fit for use."""


class Cancelled(Error):
    """The work was ended early."""


for _error in (Error, UsageError, FileError, ModelError, Cancelled):
    _error.__module__ = "cam_explain"
