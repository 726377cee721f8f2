"""The names of other libraries, on this one."""
